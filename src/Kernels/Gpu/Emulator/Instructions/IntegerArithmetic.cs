using System.Numerics;
using Puna.Kernels.Gpu.Emulator.Syntax;

namespace Puna.Kernels.Gpu.Emulator.Instructions;

internal static partial class IntegerOpcodes
{
    private static Instruction Arithmetic(DecodeContext c)
    {
        if (c.Take("cc"))
            return CarryOut(c);
        bool sat = c.Take("sat"), relu = c.Take("relu"), wide = c.Take("wide"), hi = c.Take("hi");
        c.Take("lo");
        PtxType t = c.Type();
        if (t is PtxType.U16x2 or PtxType.S16x2)
            return Packed16(c, t, relu);
        if (t is PtxType.B16 or PtxType.B32 or PtxType.B64)
            throw NoType(c, t);
        if (wide)
            return Wide(c, t);
        if (sat || hi || relu)
            return Rare(c, t, sat, hi, relu);
        Register d = c.Destination(0), a = c.Source(1, t), b = c.OperandCount > 2 ? c.Source(2, t) : a;
        return t.Bits() switch
        {
            64 => Arithmetic64(c, t, d, a, b),
            32 when d.Bits == 32 => Arithmetic32(c, t, d, a, b),
            _ => ArithmeticNarrow(c, t, d, a, b),
        };
    }

    private static Instruction Arithmetic32(DecodeContext c, PtxType t, Register d, Register a, Register b) => (c.Name, t.IsSigned()) switch
    {
        ("add", _) => new Binary<uint, Add<uint>>(d, a, b, Taint.Upwards),
        ("sub", _) => new Binary<uint, Subtract<uint>>(d, a, b, Taint.Upwards),
        ("mul", _) => new Binary<uint, Multiply<uint>>(d, a, b, Taint.Upwards),
        ("mad", _) => new Ternary<uint, MultiplyAdd<uint>>(d, a, b, c.Source(3, t)),
        ("div", true) => new Binary<int, DivideS32>(d, a, b),
        ("div", false) => new Binary<uint, DivideU32>(d, a, b),
        ("rem", true) => new Binary<int, RemainderS32>(d, a, b),
        ("rem", false) => new Binary<uint, RemainderU32>(d, a, b),
        ("min", true) => new Binary<int, Minimum<int>>(d, a, b),
        ("min", false) => new Binary<uint, Minimum<uint>>(d, a, b),
        ("max", true) => new Binary<int, Maximum<int>>(d, a, b),
        ("max", false) => new Binary<uint, Maximum<uint>>(d, a, b),
        ("abs", true) => new Unary<int, int, AbsoluteS32>(d, a),
        ("neg", true) => new Unary<uint, uint, Negate<uint>>(d, a),
        _ => throw NoType(c, t),
    };

    private static Instruction Arithmetic64(DecodeContext c, PtxType t, Register d, Register a, Register b) => (c.Name, t.IsSigned()) switch
    {
        ("add", _) => new Binary<ulong, Add<ulong>>(d, a, b, Taint.Upwards),
        ("sub", _) => new Binary<ulong, Subtract<ulong>>(d, a, b, Taint.Upwards),
        ("mul", _) => new Binary<ulong, Multiply<ulong>>(d, a, b, Taint.Upwards),
        ("mad", _) => new Ternary<ulong, MultiplyAdd<ulong>>(d, a, b, c.Source(3, t)),
        ("div", true) => new Binary<long, DivideS64>(d, a, b),
        ("div", false) => new Binary<ulong, DivideU64>(d, a, b),
        ("rem", true) => new Binary<long, RemainderS64>(d, a, b),
        ("rem", false) => new Binary<ulong, RemainderU64>(d, a, b),
        ("min", true) => new Binary<long, Minimum<long>>(d, a, b),
        ("min", false) => new Binary<ulong, Minimum<ulong>>(d, a, b),
        ("max", true) => new Binary<long, Maximum<long>>(d, a, b),
        ("max", false) => new Binary<ulong, Maximum<ulong>>(d, a, b),
        ("abs", true) => new Unary<long, long, AbsoluteS64>(d, a),
        ("neg", true) => new Unary<ulong, ulong, Negate<ulong>>(d, a),
        _ => throw NoType(c, t),
    };

    // 16-bit registers, and wider ones that hold a 16-bit result: the value is extended to the register by its sign.
    private static General ArithmeticNarrow(DecodeContext c, PtxType t, Register d, Register a, Register b)
    {
        int bits = t.Bits();
        bool signed = t.IsSigned();
        Func<long, long, long, long> op = c.Name switch
        {
            "add" => (x, y, _) => x + y,
            "sub" => (x, y, _) => x - y,
            "mul" => (x, y, _) => x * y,
            "mad" => (x, y, z) => (x * y) + z,
            "div" => (x, y, _) => y == 0 ? -1 : x / y,
            "rem" => (x, y, _) => y == 0 ? x : x % y,
            "min" => (x, y, _) => Math.Min(x, y),
            "max" => (x, y, _) => Math.Max(x, y),
            "abs" when signed => (x, _, _) => Math.Abs(x),
            "neg" when signed => (x, _, _) => -x,
            _ => throw NoType(c, t),
        };
        Register z = c.Name == "mad" ? c.Source(3, t) : a;
        return new General(d, a, b, z, (x, y, w) =>
            (ulong)Extend((ulong)op(Extend(x, bits, signed), Extend(y, bits, signed), Extend(w, bits, signed)), bits, signed));
    }

    private static Instruction Wide(DecodeContext c, PtxType t)
    {
        Register d = c.Destination(0), a = c.Source(1, t), b = c.Source(2, t);
        PtxType wide = t.Bits() == 16 ? PtxType.U32 : PtxType.U64;
        bool adds = c.Name == "mad";
        Register z = adds ? c.Source(3, wide) : a;
        return (t, adds) switch
        {
            (PtxType.S32, false) => new WideMultiply<MultiplyWideS32>(d, a, b),
            (PtxType.U32, false) => new WideMultiply<MultiplyWideU32>(d, a, b),
            (PtxType.S32, true) => new WideMultiplyAdd<MultiplyWideS32>(d, a, b, z),
            (PtxType.U32, true) => new WideMultiplyAdd<MultiplyWideU32>(d, a, b, z),
            (PtxType.S16, false) => new General(d, a, b, a, (x, y, _) => (ulong)((short)x * (short)y)),
            (PtxType.U16, false) => new General(d, a, b, a, (x, y, _) => (ulong)(ushort)x * (ushort)y),
            (PtxType.S16, true) => new General(d, a, b, z, (x, y, w) => (ulong)((short)x * (short)y) + w),
            (PtxType.U16, true) => new General(d, a, b, z, (x, y, w) => ((ulong)(ushort)x * (ushort)y) + w),
            _ => throw NoType(c, t),
        };
    }

    private static General Rare(DecodeContext c, PtxType t, bool sat, bool hi, bool relu)
    {
        Register d = c.Destination(0), a = c.Source(1, t), b = c.Source(2, t), z = c.Name == "mad" ? c.Source(3, t) : a;
        int bits = t.Bits();
        bool signed = t.IsSigned();
        Func<ulong, ulong, ulong, ulong> op = (c.Name, sat, hi, relu) switch
        {
            ("add", true, _, _) when t == PtxType.S32 => (x, y, _) => Clamp32((long)(int)x + (int)y),
            ("sub", true, _, _) when t == PtxType.S32 => (x, y, _) => Clamp32((long)(int)x - (int)y),
            ("mad", true, true, _) when t == PtxType.S32 => (x, y, w) => Clamp32((((long)(int)x * (int)y) >> 32) + (int)w),
            ("mul", false, true, _) => (x, y, _) => High(x, y, bits, signed),
            ("mad", false, true, _) => (x, y, w) => High(x, y, bits, signed) + w,
            ("min", _, _, true) when t == PtxType.S32 => (x, y, _) => (ulong)Math.Max(0, Math.Min((int)x, (int)y)),
            ("max", _, _, true) when t == PtxType.S32 => (x, y, _) => (ulong)Math.Max(0, Math.Max((int)x, (int)y)),
            _ => throw NoType(c, t),
        };
        return new General(d, a, b, z, op);
    }

    private static General Packed16(DecodeContext c, PtxType t, bool relu)
    {
        Register d = c.Destination(0), a = c.Source(1, t), b = c.OperandCount > 2 ? c.Source(2, t) : a;
        bool signed = t == PtxType.S16x2;
        Func<int, int, int> op = c.Name switch
        {
            "add" => (x, y) => x + y,
            "min" => Math.Min,
            "max" => Math.Max,
            "sub" => (x, y) => x - y,
            "neg" => (x, _) => -x,
            _ => throw NoType(c, t),
        };
        ulong Half(ulong x, ulong y)
        {
            int r = signed ? op((short)x, (short)y) : op((ushort)x, (ushort)y);
            return (ushort)(relu ? Math.Max(0, r) : r);
        }

        return new General(d, a, b, a, (x, y, _) => Half(x, y) | (Half(x >> 16, y >> 16) << 16));
    }

    private static General Arithmetic24(DecodeContext c)
    {
        bool hi = c.Take("hi"), sat = c.Take("sat");
        c.Take("lo");
        PtxType t = c.Type();
        Register d = c.Destination(0), a = c.Source(1, t), b = c.Source(2, t), z = c.OperandCount > 3 ? c.Source(3, t) : a;
        bool signed = t.IsSigned();
        if (c.Name == "sad")
        {
            int bits = t.Bits();
            return new General(d, a, b, z, (x, y, w) => w + (signed
                ? (ulong)Int128.Abs((Int128)Extend(x, bits, true) - Extend(y, bits, true)) : (x > y ? x - y : y - x)));
        }

        long Product(ulong x, ulong y) => signed
            ? Extend(x, 24, true) * Extend(y, 24, true) : (long)((x & 0xFFFFFF) * (y & 0xFFFFFF));
        long Part(ulong x, ulong y) => hi ? Product(x, y) >> 16 : Product(x, y);
        bool adds = c.Name == "mad24";
        return new General(d, a, b, z, (x, y, w) => !adds ? (ulong)Part(x, y)
            : sat ? Clamp32((int)Part(x, y) + (long)(int)w) : (ulong)Part(x, y) + w);
    }

    private static General DotProduct(DecodeContext c)
    {
        bool lo = c.Take("lo"), isTwo = c.Name == "dp2a";
        c.Take("hi");
        PtxType ta = c.Type(), tb = c.Type();
        Register d = c.Destination(0), a = c.Source(1, PtxType.B32), b = c.Source(2, PtxType.B32), z = c.Source(3, PtxType.B32);
        return new General(d, a, b, z, (x, y, w) =>
        {
            long sum = (uint)w;
            for (int i = 0; i < (isTwo ? 2 : 4); i++)
            {
                long first = isTwo ? Extend(x >> (16 * i), 16, ta.IsSigned()) : Extend(x >> (8 * i), 8, ta.IsSigned());
                sum += first * Extend(y >> (8 * (isTwo && !lo ? i + 2 : i)), 8, tb.IsSigned());
            }

            return (ulong)sum;
        });
    }

    /// <summary>The low bits of a value, with its sign or without.</summary>
    internal static long Extend(ulong value, int bits, bool signed) => bits == 64 ? (long)value
        : signed ? (long)(value << (64 - bits)) >> (64 - bits) : (long)(value & ((1UL << bits) - 1));

    private static ulong Clamp32(long value) => (ulong)Math.Clamp(value, int.MinValue, int.MaxValue);

    private static ulong High(ulong x, ulong y, int bits, bool signed) => bits switch
    {
        64 => signed ? (ulong)Math.BigMul((long)x, (long)y, out _) : Math.BigMul(x, y, out _),
        _ => (ulong)((Extend(x, bits, signed) * Extend(y, bits, signed)) >> bits),
    };

    private readonly struct Add<T> : IBinary<T>
        where T : INumber<T>
    {
        public static T Apply(T a, T b) => a + b;
    }

    private readonly struct Subtract<T> : IBinary<T>
        where T : INumber<T>
    {
        public static T Apply(T a, T b) => a - b;
    }

    private readonly struct Multiply<T> : IBinary<T>
        where T : INumber<T>
    {
        public static T Apply(T a, T b) => a * b;
    }

    private readonly struct MultiplyAdd<T> : ITernary<T>
        where T : INumber<T>
    {
        public static T Apply(T a, T b, T c) => (a * b) + c;
    }

    private readonly struct Negate<T> : IUnary<T, T>
        where T : INumber<T>
    {
        public static T Apply(T a) => T.Zero - a;
    }

    private readonly struct Minimum<T> : IBinary<T>
        where T : INumber<T>
    {
        public static T Apply(T a, T b) => a < b ? a : b;
    }

    private readonly struct Maximum<T> : IBinary<T>
        where T : INumber<T>
    {
        public static T Apply(T a, T b) => a > b ? a : b;
    }

    private readonly struct AbsoluteS32 : IUnary<int, int>
    {
        public static int Apply(int a) => a < 0 ? 0 - a : a;
    }

    private readonly struct AbsoluteS64 : IUnary<long, long>
    {
        public static long Apply(long a) => a < 0 ? 0 - a : a;
    }

    // Division by zero gives all ones, as on the hardware; the most negative number divided by -1 is itself.
    private readonly struct DivideU32 : IBinary<uint>
    {
        public static uint Apply(uint a, uint b) => b == 0 ? uint.MaxValue : a / b;
    }

    private readonly struct DivideS32 : IBinary<int>
    {
        public static int Apply(int a, int b) => b == 0 ? -1 : b == -1 ? 0 - a : a / b;
    }

    private readonly struct DivideU64 : IBinary<ulong>
    {
        public static ulong Apply(ulong a, ulong b) => b == 0 ? ulong.MaxValue : a / b;
    }

    private readonly struct DivideS64 : IBinary<long>
    {
        public static long Apply(long a, long b) => b == 0 ? -1 : b == -1 ? 0 - a : a / b;
    }

    private readonly struct RemainderU32 : IBinary<uint>
    {
        public static uint Apply(uint a, uint b) => b == 0 ? a : a % b;
    }

    private readonly struct RemainderS32 : IBinary<int>
    {
        public static int Apply(int a, int b) => b == 0 ? a : b == -1 ? 0 : a % b;
    }

    private readonly struct RemainderU64 : IBinary<ulong>
    {
        public static ulong Apply(ulong a, ulong b) => b == 0 ? a : a % b;
    }

    private readonly struct RemainderS64 : IBinary<long>
    {
        public static long Apply(long a, long b) => b == 0 ? a : b == -1 ? 0 : a % b;
    }

    internal readonly struct MultiplyWideS32 : IWide
    {
        public static ulong Apply(uint a, uint b) => (ulong)((long)(int)a * (int)b);
    }

    internal readonly struct MultiplyWideU32 : IWide
    {
        public static ulong Apply(uint a, uint b) => (ulong)a * b;
    }
}

internal interface IWide
{
    static abstract ulong Apply(uint a, uint b);
}

internal sealed unsafe class WideMultiply<TOp>(Register d, Register a, Register b) : Instruction
    where TOp : struct, IWide
{
    public override void Execute(Warp w, uint mask)
    {
        w.Flow(mask, Taint.Whole, d, a, b);
        ulong* to = (ulong*)w.Words(d);
        uint* x = w.Words(a), y = w.Words(b);
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int i = BitOperations.TrailingZeroCount(m);
            to[i] = TOp.Apply(x[i], y[i]);
        }
    }
}

internal sealed unsafe class WideMultiplyAdd<TOp>(Register d, Register a, Register b, Register c) : Instruction
    where TOp : struct, IWide
{
    public override void Execute(Warp w, uint mask)
    {
        w.Flow(mask, d, a, b, c);
        ulong* to = (ulong*)w.Words(d), z = (ulong*)w.Words(c);
        uint* x = w.Words(a), y = w.Words(b);
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int i = BitOperations.TrailingZeroCount(m);
            to[i] = TOp.Apply(x[i], y[i]) + z[i];
        }
    }
}
