using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

/// <summary>Two BF16 in one register, the lower one first.</summary>
public readonly partial struct BF16x2 : IRegister<BF16x2>
{
    private readonly Value? _value;

    private BF16x2(Value value) => _value = value;

    static PtxType IElement<BF16x2>.ElementType => PtxType.BF16x2;

    static int IElement<BF16x2>.Width => 1;

    Value?[] IElement<BF16x2>.Values => [_value];

    Value? IRegister<BF16x2>.Value => _value;

    static BF16x2 IElement<BF16x2>.FromValues(ReadOnlySpan<Value> values) => new(values[0]);

    static BF16x2 IRegister<BF16x2>.From(Value value) => new(value);

    internal static BF16x2 Of(Value value) => new(value);

    internal Value? Value => _value;

    /// <summary><c>add.rn.bf16x2</c>; sm_90. On sm_80, use Fma.</summary>
    public static BF16x2 operator +(BF16x2 a, BF16x2 b) => Sm90("add.rn.bf16x2", a, b);

    /// <summary><c>sub.rn.bf16x2</c>; sm_90. On sm_80, use Fma.</summary>
    public static BF16x2 operator -(BF16x2 a, BF16x2 b) => Sm90("sub.rn.bf16x2", a, b);

    /// <summary><c>mul.rn.bf16x2</c>; sm_90. On sm_80, use Fma.</summary>
    public static BF16x2 operator *(BF16x2 a, BF16x2 b) => Sm90("mul.rn.bf16x2", a, b);

    /// <summary><c>neg.bf16x2</c></summary>
    public static BF16x2 operator -(BF16x2 a) => Arithmetic.Unary("neg.bf16x2", a);

    /// <summary><c>fma.rn.bf16x2</c>: a · b + c, each half rounded once.</summary>
    /// <param name="a">First factor.</param>
    /// <param name="b">Second factor.</param>
    /// <param name="c">Added.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static BF16x2 Fma(BF16x2 a, BF16x2 b, BF16x2 c, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<BF16x2>("fma.rn.bf16x2", file, line, a._value, b._value, c._value);

    /// <summary><c>min.bf16x2</c>: the smaller of each half; of a number and NaN, the number.</summary>
    /// <param name="a">One value.</param>
    /// <param name="b">The other.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static BF16x2 Min(BF16x2 a, BF16x2 b, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<BF16x2>("min.bf16x2", file, line, a._value, b._value);

    /// <summary><c>max.bf16x2</c>: the larger of each half; of a number and NaN, the number.</summary>
    /// <param name="a">One value.</param>
    /// <param name="b">The other.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static BF16x2 Max(BF16x2 a, BF16x2 b, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<BF16x2>("max.bf16x2", file, line, a._value, b._value);

    /// <summary><c>abs.bf16x2</c></summary>
    /// <param name="a">The value.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static BF16x2 Abs(BF16x2 a, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<BF16x2>("abs.bf16x2", file, line, a._value);

    private static BF16x2 Sm90(string opcode, BF16x2 a, BF16x2 b)
    {
        Arithmetic.Kernel(opcode, a._value, b._value).Require(opcode, 78, GpuArch.Sm90, "Use BF16x2.Fma");
        return Arithmetic.Binary(opcode, a, b);
    }
}
