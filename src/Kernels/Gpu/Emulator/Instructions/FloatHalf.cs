using Puna.Kernels.Gpu.Emulator.Numerics;
using Puna.Kernels.Gpu.Emulator.Syntax;

namespace Puna.Kernels.Gpu.Emulator.Instructions;

internal static partial class FloatOpcodes
{
    private static HalfFunction Half(DecodeContext c, Mode mode, PtxType t)
    {
        bool isB = t is PtxType.BF16 or PtxType.BF16x2, isPacked = t is PtxType.F16x2 or PtxType.BF16x2;
        if (isB && c.Name is "add" or "sub" or "mul")
            c.Need(GpuArch.Sm90, $"{c.Name}{t.Spelling()}");
        if (isB && c.Name is "ex2" or "tanh")
            c.Need(GpuArch.Sm90, $"{c.Name}{t.Spelling()}");
        if (mode.Rounding != Rounding.NearestEven)
            throw c.Error($"{c.Name}{t.Spelling()} rounds to nearest");
        int count = Operands(c.Name);
        if (c.OperandCount != count + 1)
            throw c.Error($"{count} operands were expected beside the result");
        Register d = c.Destination(0), a = c.Source(1, t), b = count > 1 ? c.Source(2, t) : a, z = count > 2 ? c.Source(3, t) : a;
        return new HalfFunction(d, a, b, z, WithFlush(Function(c, mode, isB), mode.Flush && !isB), isPacked);
    }

    private static Func<uint, uint, uint, uint> Function(DecodeContext c, Mode mode, bool isB)
    {
        Clamping clamp = mode.Saturate ? Clamping.ZeroToOne : mode.Relu ? Clamping.Relu : Clamping.None;
        Func<uint, float> decode = isB ? Codes.FromBF16 : Codes.FromF16;
        Func<float, uint> encode = isB ? Codes.ToBF16 : x => Codes.ToF16(x);
        return (c.Name, isB) switch
        {
            ("add", false) => (x, y, _) => HalfArithmetic.AddF16(x, y, clamp),
            ("sub", false) => (x, y, _) => HalfArithmetic.AddF16(x, y ^ 0x8000, clamp),
            ("mul", false) => (x, y, _) => HalfArithmetic.MulF16(x, y, clamp),
            ("fma", false) => (x, y, w) => HalfArithmetic.FmaF16(x, y, w, clamp),
            ("add", true) => (x, y, _) => HalfArithmetic.AddBF16(x, y, clamp),
            ("sub", true) => (x, y, _) => HalfArithmetic.AddBF16(x, y ^ 0x8000, clamp),
            ("mul", true) => (x, y, _) => HalfArithmetic.MulBF16(x, y, clamp),
            ("fma", true) => (x, y, w) => HalfArithmetic.FmaBF16(x, y, w, clamp),
            ("abs", _) => (x, _, _) => x & 0x7FFF,
            ("neg", _) => (x, _, _) => x ^ 0x8000,
            ("min" or "max", _) => (x, y, _) => encode(Extreme(decode(x), decode(y), c.Name == "max", mode)),
            ("ex2", _) => (x, _, _) => isB ? Codes.ToBF16(double.Exp2(decode(x)), Rounding.NearestEven) : Codes.ToF16(double.Exp2(decode(x))),
            ("tanh", _) => (x, _, _) => isB ? Codes.ToBF16(Math.Tanh(decode(x)), Rounding.NearestEven) : Codes.ToF16(Math.Tanh(decode(x))),
            _ => throw c.Error($"{c.Name} has no 16-bit floats"),
        };
    }

    private static Func<uint, uint, uint, uint> WithFlush(Func<uint, uint, uint, uint> apply, bool flush) =>
        flush ? (x, y, z) => FlushF16(apply(FlushF16(x), FlushF16(y), FlushF16(z))) : apply;

    private static uint FlushF16(uint x) => (x & 0x7C00) == 0 ? x & 0x8000 : x;

    private static Instruction Comparison(DecodeContext c)
    {
        string op = c.TakeAny("eq", "ne", "lt", "le", "gt", "ge", "equ", "neu", "ltu", "leu", "gtu", "geu", "num", "nan", "");
        PredicateCombine combine = IntegerOpcodes.Combine(c);
        bool flush = c.Take("ftz");
        PtxType result = c.Name == "set" ? c.Type() : PtxType.Pred;
        PtxType t = c.Type();
        if (t is PtxType.F16x2 or PtxType.BF16x2)
            return PackedComparison(c, op, combine, result, t, flush);
        (Register p, Register q) = IntegerOpcodes.Destinations(c, result);
        Register a = c.Source(1, t), b = c.Source(2, t);
        PredicateInput input = IntegerOpcodes.CombinedWith(c, combine);
        Instruction compare = t switch
        {
            PtxType.F32 when !flush => MakeF32(c, op, p, q, a, b, input),
            PtxType.F64 => new FloatCompare(p, q, a, b, Compare(c, op), x => BitConverter.UInt64BitsToDouble(x), input),
            PtxType.F32 => new FloatCompare(p, q, a, b, Compare(c, op), x => F32Arithmetic.FlushSubnormal(BitConverter.UInt32BitsToSingle((uint)x)), input),
            PtxType.F16 => new FloatCompare(p, q, a, b, Compare(c, op), x => Codes.FromF16(flush ? FlushF16((uint)x) : (uint)x), input),
            PtxType.BF16 => new FloatCompare(p, q, a, b, Compare(c, op), x => Codes.FromBF16((uint)x), input),
            _ => throw c.Error($"{c.Name} has no type {t.Spelling()}"),
        };
        return result == PtxType.Pred ? compare : new SetInstruction(compare, p, c.Destination(0), result);
    }

    private static Instruction PackedComparison(DecodeContext c, string op, PredicateCombine combine, PtxType result, PtxType t, bool flush)
    {
        Func<double, double, bool> test = Compare(c, op);
        Func<uint, float> decode = t == PtxType.BF16x2 ? Codes.FromBF16 : x => Codes.FromF16(flush ? FlushF16(x) : x);
        Register a = c.Source(1, t), b = c.Source(2, t);
        if (result == PtxType.Pred)
        {
            (Register p, Register q) = IntegerOpcodes.Destinations(c, result);
            return new HalfCompare(p, q, a, b, (x, y) => test(x, y), decode, IntegerOpcodes.CombinedWith(c, combine));
        }

        uint one = result switch
        {
            PtxType.F16x2 => 0x3C00,
            PtxType.BF16x2 => 0x3F80,
            _ => 0xFFFF,
        };
        return new HalfFunction(c.Destination(0), a, b, a, (x, y, _) => test(decode(x), decode(y)) ? one : 0, isPacked: true);
    }

    private static Instruction MakeF32(DecodeContext c, string op, Register p, Register q, Register a, Register b, PredicateInput input) => op switch
    {
        "lt" => new Compare<float, LessF32>(p, q, a, b, input),
        "gt" => new Compare<float, LessF32>(p, q, b, a, input),
        "le" => new Compare<float, LessOrEqualF32>(p, q, a, b, input),
        "ge" => new Compare<float, LessOrEqualF32>(p, q, b, a, input),
        _ => new FloatCompare(p, q, a, b, Compare(c, op), x => BitConverter.UInt32BitsToSingle((uint)x), input),
    };

    private static Func<double, double, bool> Compare(DecodeContext c, string op) => op switch
    {
        "eq" => (x, y) => x == y,
        "ne" => (x, y) => x < y || x > y,
        "lt" => (x, y) => x < y,
        "le" => (x, y) => x <= y,
        "gt" => (x, y) => x > y,
        "ge" => (x, y) => x >= y,
        "equ" => (x, y) => !(x < y || x > y),
        "neu" => (x, y) => x != y,
        "ltu" => (x, y) => !(x >= y),
        "leu" => (x, y) => !(x > y),
        "gtu" => (x, y) => !(x <= y),
        "geu" => (x, y) => !(x < y),
        "num" => (x, y) => !double.IsNaN(x) && !double.IsNaN(y),
        "nan" => (x, y) => double.IsNaN(x) || double.IsNaN(y),
        _ => throw c.Error("a comparison was expected"),
    };

    private readonly struct LessF32 : ICompare<float>
    {
        public static bool Apply(float a, float b) => a < b;
    }

    private readonly struct LessOrEqualF32 : ICompare<float>
    {
        public static bool Apply(float a, float b) => a <= b;
    }
}

/// <summary>A comparison of floats in double precision, which is exact.</summary>
internal sealed class FloatCompare(
    Register p, Register q, Register a, Register b, Func<double, double, bool> test, Func<ulong, double> decode, PredicateInput input) : Instruction
{
    public override unsafe void Execute(Warp w, uint mask)
    {
        uint result = 0;
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int i = System.Numerics.BitOperations.TrailingZeroCount(m);
            result |= (test(decode(w.Value(a, i)), decode(w.Value(b, i))) ? 1u : 0) << i;
        }

        input.Finish(w, mask, p, q, result, w.U[a.Index] | w.U[b.Index], a, b);
    }
}
