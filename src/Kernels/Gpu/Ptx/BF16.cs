using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

/// <summary>The upper half of a binary32: 8 bits of exponent, 7 of fraction.</summary>
public readonly partial struct BF16 : IRegister<BF16>
{
    private readonly Value? _value;

    private BF16(Value value) => _value = value;

    static PtxType IElement<BF16>.ElementType => PtxType.BF16;

    static int IElement<BF16>.Width => 1;

    Value?[] IElement<BF16>.Values => [_value];

    Value? IRegister<BF16>.Value => _value;

    static BF16 IElement<BF16>.FromValues(ReadOnlySpan<Value> values) => new(values[0]);

    static BF16 IRegister<BF16>.From(Value value) => new(value);

    internal static BF16 Of(Value value) => new(value);

    internal Value? Value => _value;

    /// <summary><c>add.rn.bf16</c>; sm_90. On sm_80, use Fma.</summary>
    public static BF16 operator +(BF16 a, BF16 b) => Sm90("add.rn.bf16", a, b);

    /// <summary><c>sub.rn.bf16</c>; sm_90. On sm_80, use Fma.</summary>
    public static BF16 operator -(BF16 a, BF16 b) => Sm90("sub.rn.bf16", a, b);

    /// <summary><c>mul.rn.bf16</c>; sm_90. On sm_80, use Fma.</summary>
    public static BF16 operator *(BF16 a, BF16 b) => Sm90("mul.rn.bf16", a, b);

    /// <summary><c>neg.bf16</c></summary>
    public static BF16 operator -(BF16 a) => Arithmetic.Unary("neg.bf16", a);

    /// <summary><c>fma.rn.bf16</c>: a · b + c, rounded once.</summary>
    /// <param name="a">First factor.</param>
    /// <param name="b">Second factor.</param>
    /// <param name="c">Added.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static BF16 Fma(BF16 a, BF16 b, BF16 c, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<BF16>("fma.rn.bf16", file, line, a._value, b._value, c._value);

    /// <summary><c>min.bf16</c>: the smaller; of a number and NaN, the number.</summary>
    /// <param name="a">One value.</param>
    /// <param name="b">The other.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static BF16 Min(BF16 a, BF16 b, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<BF16>("min.bf16", file, line, a._value, b._value);

    /// <summary><c>max.bf16</c>: the larger; of a number and NaN, the number.</summary>
    /// <param name="a">One value.</param>
    /// <param name="b">The other.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static BF16 Max(BF16 a, BF16 b, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<BF16>("max.bf16", file, line, a._value, b._value);

    /// <summary><c>abs.bf16</c></summary>
    /// <param name="a">The value.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static BF16 Abs(BF16 a, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<BF16>("abs.bf16", file, line, a._value);

    private static BF16 Sm90(string opcode, BF16 a, BF16 b)
    {
        Arithmetic.Kernel(opcode, a._value, b._value).Require(opcode, 78, GpuArch.Sm90, "Use BF16.Fma");
        return Arithmetic.Binary(opcode, a, b);
    }
}
