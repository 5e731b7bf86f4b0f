using Puna.Kernels.Gpu.Emulator.Numerics;
using Puna.Kernels.Gpu.Emulator.Syntax;

namespace Puna.Kernels.Gpu.Emulator.Instructions;

/// <summary>Floats: PTX ISA 9.7.3 to 9.7.7. Approximations are rounded from double precision: their error is a tolerance.</summary>
internal static partial class FloatOpcodes
{
    /// <summary>The instruction, or null where the opcode is none of these.</summary>
    public static Instruction? Decode(DecodeContext c) => c.Name switch
    {
        "add" or "sub" or "mul" or "mad" or "fma" or "div" or "min" or "max" or "abs" or "neg" or "rcp" or "sqrt" or "rsqrt"
            or "sin" or "cos" or "lg2" or "ex2" or "tanh" => Arithmetic(c),
        "setp" or "set" => Comparison(c),
        "testp" => Test(c),
        "copysign" => CopySign(c),
        _ => null,
    };

    /// <summary>Modifiers of float arithmetic.</summary>
    private readonly record struct Mode(
        Rounding Rounding, bool HasRounding, bool IsApproximate, bool IsFull, bool Flush, bool Saturate, bool Relu, bool PassesNaN, bool XorSign);

    private static Instruction Arithmetic(DecodeContext c)
    {
        string rounding = c.TakeAny("rn", "rz", "rm", "rp", "");
        Mode mode = new(RoundingOf(rounding), rounding.Length > 0, c.Take("approx"), c.Take("full"), c.Take("ftz"), c.Take("sat"), c.Take("relu"),
            c.Take("NaN"), c.Take("xorsign"));
        if (mode.XorSign && !c.Take("abs"))
            throw c.Error(".xorsign goes with .abs");
        if (c.Take("noftz") && mode.Flush)
            throw c.Error(".ftz and .noftz exclude each other");
        PtxType t = c.Type();
        return t switch
        {
            PtxType.F32 => F32(c, mode),
            PtxType.F64 => F64(c, mode),
            PtxType.F16 or PtxType.F16x2 or PtxType.BF16 or PtxType.BF16x2 => Half(c, mode, t),
            _ => throw c.Error($"{c.Name} has no type {t.Spelling()}"),
        };
    }

    internal static Rounding RoundingOf(string name) => name switch
    {
        "rz" or "rzi" => Rounding.TowardZero,
        "rm" or "rmi" => Rounding.Down,
        "rp" or "rpi" => Rounding.Up,
        "rna" => Rounding.NearestAway,
        _ => Rounding.NearestEven,
    };

    private static int Operands(string name) => name switch
    {
        "fma" or "mad" => 3,
        "add" or "sub" or "mul" or "div" or "min" or "max" => 2,
        _ => 1,
    };

    private static Instruction F32(DecodeContext c, Mode mode)
    {
        int count = Operands(c.Name);
        if (c.OperandCount != count + 1)
            throw c.Error($"{count} operands were expected beside the result");
        Register d = c.Destination(0), a = c.Source(1, PtxType.F32);
        Register b = count > 1 ? c.Source(2, PtxType.F32) : a, z = count > 2 ? c.Source(3, PtxType.F32) : a;
        Rounding r = mode.Rounding;
        bool isPlain = r == Rounding.NearestEven && !mode.Flush && !mode.Saturate;
        if (isPlain && !mode.PassesNaN && !mode.XorSign)
        {
            switch (c.Name)
            {
                case "add":
                    return new Binary<float, AddF32>(d, a, b);
                case "sub":
                    return new Binary<float, SubtractF32>(d, a, b);
                case "mul":
                    return new Binary<float, MultiplyF32>(d, a, b);
                case "fma" or "mad":
                    return new Ternary<float, FmaF32>(d, a, b, z);
                case "min":
                    return new Binary<float, MinimumF32>(d, a, b);
                case "max":
                    return new Binary<float, MaximumF32>(d, a, b);
            }
        }

        if (c.Name is "div" or "rcp" or "sqrt" && !mode.HasRounding && !mode.IsApproximate && !mode.IsFull)
            throw c.Error($"{c.Name}.f32 says .approx{(c.Name == "div" ? ", .full" : "")} or a rounding");
        Func<float, float, float, float> op = c.Name switch
        {
            "add" => (x, y, _) => F32Arithmetic.Add(x, y, r),
            "sub" => (x, y, _) => F32Arithmetic.Add(x, -y, r),
            "mul" => (x, y, _) => F32Arithmetic.Mul(x, y, r),
            "fma" or "mad" => (x, y, w) => F32Arithmetic.Fma(x, y, w, r),
            "div" when mode.IsApproximate => (x, y, _) => DivideApproximately(x, y),
            "div" => (x, y, _) => F32Arithmetic.Div(x, y, r),
            "rcp" when mode.IsApproximate => (x, _, _) => (float)(1.0 / x),
            "rcp" => (x, _, _) => F32Arithmetic.Div(1, x, r),
            "sqrt" when mode.IsApproximate => (x, _, _) => (float)Math.Sqrt(x),
            "sqrt" => (x, _, _) => F32Arithmetic.Sqrt(x, r),
            "rsqrt" => (x, _, _) => (float)(1.0 / Math.Sqrt(x)),
            "sin" => (x, _, _) => (float)Math.Sin(x),
            "cos" => (x, _, _) => (float)Math.Cos(x),
            "lg2" => (x, _, _) => (float)Math.Log2(x),
            "ex2" => (x, _, _) => (float)double.Exp2(x),
            "tanh" => (x, _, _) => (float)Math.Tanh(x),
            "abs" => (x, _, _) => MathF.Abs(x),
            "neg" => (x, _, _) => -x,
            _ => (x, y, _) => Extreme(x, y, c.Name == "max", mode),
        };
        return new F32Function(d, a, b, z, op, mode.Flush, mode.Saturate, keepsNaN: c.Name is "abs" or "neg");
    }

    private static Instruction F64(DecodeContext c, Mode mode)
    {
        int count = Operands(c.Name);
        Register d = c.Destination(0), a = c.Source(1, PtxType.F64);
        Register b = count > 1 ? c.Source(2, PtxType.F64) : a, z = count > 2 ? c.Source(3, PtxType.F64) : a;
        Rounding r = mode.Rounding;
        if (r == Rounding.NearestEven)
        {
            switch (c.Name)
            {
                case "add":
                    return new Binary<double, AddF64>(d, a, b);
                case "sub":
                    return new Binary<double, SubtractF64>(d, a, b);
                case "mul":
                    return new Binary<double, MultiplyF64>(d, a, b);
                case "fma" or "mad":
                    return new Ternary<double, FmaF64>(d, a, b, z);
            }
        }

        Func<double, double, double, double> op = c.Name switch
        {
            "add" => (x, y, _) => F64Arithmetic.Add(x, y, r),
            "sub" => (x, y, _) => F64Arithmetic.Add(x, -y, r),
            "mul" => (x, y, _) => F64Arithmetic.Mul(x, y, r),
            "fma" or "mad" => (x, y, w) => F64Arithmetic.Fma(x, y, w, r),
            "div" => (x, y, _) => F64Arithmetic.Div(x, y, r),
            "rcp" when mode.IsApproximate => (x, _, _) => UpperHalf(1.0 / FlushF64(x, mode.Flush), mode.Flush),
            "rcp" => (x, _, _) => F64Arithmetic.Div(1, x, r),
            "sqrt" => (x, _, _) => F64Arithmetic.Sqrt(x, r),
            "rsqrt" when mode.Flush => (x, _, _) => UpperHalf(1.0 / Math.Sqrt(FlushF64(x, true)), true),
            "rsqrt" => (x, _, _) => 1.0 / Math.Sqrt(x),
            "abs" => (x, _, _) => Math.Abs(x),
            "neg" => (x, _, _) => -x,
            "min" => (x, y, _) => double.IsNaN(x) ? y : double.IsNaN(y) ? x : Math.Min(x, y),
            "max" => (x, y, _) => double.IsNaN(x) ? y : double.IsNaN(y) ? x : Math.Max(x, y),
            _ => throw c.Error($"{c.Name} has no type .f64"),
        };
        return new General(d, a, b, z, (x, y, w) => BitConverter.DoubleToUInt64Bits(
            op(BitConverter.UInt64BitsToDouble(x), BitConverter.UInt64BitsToDouble(y), BitConverter.UInt64BitsToDouble(w))));
    }

    // PTX ISA, div.approx.f32: a divisor of 2^126 or more gives 0, or NaN under an infinity.
    private static float DivideApproximately(float x, float y) =>
        Math.Abs(y) > 8.507059173023462e37f && float.IsFinite(y) ? (float.IsInfinity(x) ? float.NaN : 0 * x) : (float)((double)x / y);

    private static double FlushF64(double x, bool flush) => flush && double.IsSubnormal(x) ? Math.CopySign(0, x) : x;

    // rcp.approx.ftz.f64 and rsqrt.approx.ftz.f64 compute the upper 32 bits; compilers refine them. Without .ftz rsqrt is whole.
    private static double UpperHalf(double x, bool flush) =>
        FlushF64(BitConverter.UInt64BitsToDouble(BitConverter.DoubleToUInt64Bits(x) & 0xFFFFFFFF_00000000), flush);

    private static float Extreme(float x, float y, bool isMaximum, Mode mode)
    {
        if (float.IsNaN(x) || float.IsNaN(y))
            return mode.PassesNaN || (float.IsNaN(x) && float.IsNaN(y)) ? float.NaN : float.IsNaN(x) ? Magnitude(y, mode) : Magnitude(x, mode);
        float a = mode.XorSign ? MathF.Abs(x) : x, b = mode.XorSign ? MathF.Abs(y) : y;
        float r = isMaximum ? MathF.Max(a, b) : MathF.Min(a, b);
        return mode.XorSign && float.IsNegative(x) != float.IsNegative(y) ? -r : r;
    }

    private static float Magnitude(float x, Mode mode) => mode.XorSign ? MathF.Abs(x) : x;

    private static General Test(DecodeContext c)
    {
        string what = c.TakeAny("finite", "infinite", "number", "notanumber", "normal", "subnormal", "");
        PtxType t = c.Type();
        Register a = c.Source(1, t);
        bool isWide = t == PtxType.F64;
        double Of(ulong x) => isWide ? BitConverter.UInt64BitsToDouble(x) : BitConverter.UInt32BitsToSingle((uint)x);
        bool IsSubnormal(ulong x) => isWide ? double.IsSubnormal(Of(x)) : float.IsSubnormal(BitConverter.UInt32BitsToSingle((uint)x));
        Func<ulong, bool> test = what switch
        {
            "finite" => x => double.IsFinite(Of(x)),
            "infinite" => x => double.IsInfinity(Of(x)),
            "number" => x => !double.IsNaN(Of(x)),
            "notanumber" => x => double.IsNaN(Of(x)),
            "normal" => x => double.IsFinite(Of(x)) && Of(x) != 0 && !IsSubnormal(x),
            "subnormal" => IsSubnormal,
            _ => throw c.Error("what testp tests was expected"),
        };
        return new General(c.Destination(0), a, a, a, (x, _, _) => test(x) ? 1u : 0);
    }

    private static General CopySign(DecodeContext c)
    {
        PtxType t = c.Type();
        ulong sign = 1UL << (t.Bits() - 1);
        Register a = c.Source(1, t), b = c.Source(2, t);
        return new General(c.Destination(0), a, b, a, (x, y, _) => (x & sign) | (y & (sign - 1)));
    }

    private readonly struct AddF32 : IBinary<float>
    {
        public static float Apply(float a, float b) => F32Arithmetic.Canonical(a + b);
    }

    private readonly struct SubtractF32 : IBinary<float>
    {
        public static float Apply(float a, float b) => F32Arithmetic.Canonical(a - b);
    }

    private readonly struct MultiplyF32 : IBinary<float>
    {
        public static float Apply(float a, float b) => F32Arithmetic.Canonical(a * b);
    }

    private readonly struct FmaF32 : ITernary<float>
    {
        public static float Apply(float a, float b, float c) => F32Arithmetic.Canonical(MathF.FusedMultiplyAdd(a, b, c));
    }

    private readonly struct MinimumF32 : IBinary<float>
    {
        public static float Apply(float a, float b) => float.IsNaN(a) ? F32Arithmetic.Canonical(b) : float.IsNaN(b) ? a : MathF.Min(a, b);
    }

    private readonly struct MaximumF32 : IBinary<float>
    {
        public static float Apply(float a, float b) => float.IsNaN(a) ? F32Arithmetic.Canonical(b) : float.IsNaN(b) ? a : MathF.Max(a, b);
    }

    private readonly struct AddF64 : IBinary<double>
    {
        public static double Apply(double a, double b) => a + b;
    }

    private readonly struct SubtractF64 : IBinary<double>
    {
        public static double Apply(double a, double b) => a - b;
    }

    private readonly struct MultiplyF64 : IBinary<double>
    {
        public static double Apply(double a, double b) => a * b;
    }

    private readonly struct FmaF64 : ITernary<double>
    {
        public static double Apply(double a, double b, double c) => Math.FusedMultiplyAdd(a, b, c);
    }
}
