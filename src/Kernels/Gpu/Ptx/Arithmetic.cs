using System.Numerics;

namespace Puna.Kernels.Gpu.Ptx;

/// <summary>What operators and functions of all register types write.</summary>
internal static class Arithmetic
{
    /// <summary>The kernel that an operation on these values belongs to.</summary>
    public static PtxBuilder Kernel(string operation, params ReadOnlySpan<Value?> values)
    {
        foreach (Value? value in values)
        {
            if (value?.Builder is { } kernel)
                return kernel;
        }

        throw PtxBuilder.Mistake($"{operation} was used on constants only, but one operand at least must belong to a kernel. Compute it in C#, or put a constant into a register by Copy");
    }

    public static T Unary<T>(string opcode, T a) where T : struct, IRegister<T> => Apply<T>(opcode, a.Value);

    public static T Binary<T>(string opcode, T a, T b) where T : struct, IRegister<T> => Apply<T>(opcode, a.Value, b.Value);

    public static T Ternary<T>(string opcode, T a, T b, T c) where T : struct, IRegister<T> => Apply<T>(opcode, a.Value, b.Value, c.Value);

    public static Pred Compare<T>(string comparison, T a, T b) where T : struct, IRegister<T> =>
        Apply<Pred>($"setp.{comparison}.{T.ElementType.Suffix}", a.Value, b.Value);

    /// <summary>One result from up to four sources.</summary>
    public static TResult Apply<TResult>(string opcode, params ReadOnlySpan<Value?> sources) where TResult : struct, IRegister<TResult>
    {
        Operand[] operands = new Operand[sources.Length];
        for (int i = 0; i < operands.Length; i++)
            operands[i] = sources[i];
        return Kernel(opcode, sources).Result<TResult>(opcode, operands);
    }

    /// <summary><see cref="Apply{TResult}"/> for a function of C#, which knows its line.</summary>
    public static TResult Call<TResult>(string opcode, string file, int line, params ReadOnlySpan<Value?> sources) where TResult : struct, IRegister<TResult>
    {
        TResult result = Apply<TResult>(opcode, sources);
        Kernel(opcode, sources).At(file, line);
        return result;
    }

    /// <summary><see cref="Call{TResult}(string, string, int, ReadOnlySpan{Value?})"/> of an instruction that not every target has.</summary>
    public static TResult Call<TResult>(string opcode, Needs needs, string file, int line, params ReadOnlySpan<Value?> sources)
        where TResult : struct, IRegister<TResult>
    {
        PtxBuilder k = Kernel(opcode, sources);
        if (needs == Needs.Sm90)
            k.Require(opcode, 78, GpuArch.Sm90);
        else
            k.Require(opcode, k.Arch >= GpuArch.Sm90 ? 78 : 81, GpuArch.Sm89);
        return Call<TResult>(opcode, file, line, sources);
    }

    /// <summary>The same bits as another type: no instruction where both live in the same registers, otherwise a move.</summary>
    public static TResult Reinterpret<T, TResult>(T a) where T : struct, IRegister<T> where TResult : struct, IRegister<TResult>
    {
        if (a.Value is not { } value)
            return default;
        if (value.IsConstant)
            return TResult.From(Value.Constant(TResult.ElementType, TResult.ElementType.Suffix == "s32" ? (ulong)(int)value.Bits : value.Bits & Mask(TResult.ElementType)));
        return T.ElementType.Register == TResult.ElementType.Register
            ? TResult.From(value)
            : Apply<TResult>($"mov.b{TResult.ElementType.RegisterBits}", value);
    }

    /// <summary>An integer constant that must fit the type.</summary>
    public static Value Integer<T>(PtxType type, T number) where T : IBinaryInteger<T>
    {
        int bits = 8 * type.Bytes;
        Int128 value = Int128.CreateChecked(number);
        Int128 low = type.IsSigned ? -(Int128.One << (bits - 1)) : 0;
        Int128 high = (Int128.One << (type.IsSigned ? bits - 1 : bits)) - 1;
        if (value < low || value > high)
            throw PtxBuilder.Mistake($"the constant {number} became {type.Name}, but its values go from {low} to {high}");
        return Value.Constant(type, unchecked((ulong)value));
    }

    private static ulong Mask(PtxType type) => type.RegisterBits == 64 ? ulong.MaxValue : (1UL << type.RegisterBits) - 1;
}
