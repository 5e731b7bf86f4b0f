using System.Numerics;
using Puna.Kernels.Gpu.Emulator.Syntax;

namespace Puna.Kernels.Gpu.Emulator.Instructions;

internal static partial class IntegerOpcodes
{
    private static Instruction Logic(DecodeContext c)
    {
        if (c.Name == "lop3")
            return Lop3(c);
        PtxType t = c.Type();
        if (t == PtxType.Pred)
            return PredicateLogic(c);
        Register d = c.Destination(0), a = c.Source(1, t), b = c.OperandCount > 2 ? c.Source(2, t) : a;
        bool wide = t.Bits() == 64;
        ulong ones = t.Bits() == 64 ? ulong.MaxValue : (1UL << t.Bits()) - 1;
        return c.Name switch
        {
            "and" => wide ? new Binary<ulong, And<ulong>>(d, a, b, Taint.And) : new Binary<uint, And<uint>>(d, a, b, Taint.And),
            "or" => wide ? new Binary<ulong, Or<ulong>>(d, a, b, Taint.Or) : new Binary<uint, Or<uint>>(d, a, b, Taint.Or),
            "xor" => wide ? new Binary<ulong, Xor<ulong>>(d, a, b, Taint.Bytes) : new Binary<uint, Xor<uint>>(d, a, b, Taint.Bytes),
            "not" when wide => new Binary<ulong, Xor<ulong>>(d, a, c.Registers.Constant(ones, t), Taint.Bytes),
            "not" => new Binary<uint, Xor<uint>>(d, a, c.Registers.Constant(ones, t), Taint.Bytes),
            _ => new General(d, a, a, a, (x, _, _) => x == 0 ? 1u : 0),
        };
    }

    private static Lop3 Lop3(DecodeContext c)
    {
        string combine = c.TakeAny("or", "and", "");
        PtxType t = c.Type();
        bool hasPredicate = combine.Length > 0;
        Register d = Register.Sink, p = Register.Sink;
        if (c.Operand(0) is PairOperand pair)
            (d, p) = (c.DestinationOf(pair.First), c.DestinationOf(pair.Second));
        else
            d = c.Destination(0);
        (Register q, bool negated) = hasPredicate ? c.Predicate(c.Operand(5)) : (Register.Sink, false);
        PredicateInput input = new(combine == "or" ? PredicateCombine.Or : PredicateCombine.And, q, negated);
        return new Lop3(d, p, c.Source(1, t), c.Source(2, t), c.Source(3, t), (byte)c.Immediate(4), input);
    }

    private static PredicateLogic PredicateLogic(DecodeContext c)
    {
        (Register a, bool notA) = c.Predicate(c.Operand(1));
        (Register b, bool notB) = c.OperandCount > 2 ? c.Predicate(c.Operand(2)) : (a, notA);
        PredicateCombine combine = c.Name switch
        {
            "and" => PredicateCombine.And,
            "or" => PredicateCombine.Or,
            "xor" => PredicateCombine.Xor,
            "not" => PredicateCombine.None,
            _ => throw c.Error($"{c.Name} has no type .pred"),
        };
        return new PredicateLogic(c.Destination(0), a, notA ^ (c.Name == "not"), new PredicateInput(combine, b, notB));
    }

    private static Instruction Shift(DecodeContext c)
    {
        bool left = c.Take("l"), wrap = c.Take("wrap");
        c.Take("r");
        c.Take("clamp");
        PtxType t = c.Type();
        Register d = c.Destination(0), a = c.Source(1, t), b = c.Source(2, PtxType.U32);
        if (c.Name == "shf")
        {
            Register amount = c.Source(3, PtxType.U32);
            return left
                ? new General(d, a, b, amount, (x, y, n) => Funnel(x, y, Amount(n, wrap), true))
                : new General(d, a, b, amount, (x, y, n) => Funnel(x, y, Amount(n, wrap), false));
        }

        int bits = t.Bits();
        bool signed = t.IsSigned();
        return (c.Name, bits, signed) switch
        {
            ("shl", 32, _) => new ShiftInstruction<uint, ShiftLeft32>(d, a, b),
            ("shr", 32, false) => new ShiftInstruction<uint, ShiftRightU32>(d, a, b),
            ("shr", 32, true) => new ShiftInstruction<int, ShiftRightS32>(d, a, b),
            ("shl", 64, _) => new ShiftInstruction<ulong, ShiftLeft64>(d, a, b),
            ("shr", 64, false) => new ShiftInstruction<ulong, ShiftRightU64>(d, a, b),
            ("shr", 64, true) => new ShiftInstruction<long, ShiftRightS64>(d, a, b),
            ("shl", _, _) => new ShiftInstruction<uint, ShiftLeft16>(d, a, b),
            ("shr", _, false) => new ShiftInstruction<uint, ShiftRightU32>(d, a, b),
            ("shr", _, true) => new ShiftInstruction<uint, ShiftRightS16>(d, a, b),
            _ => throw NoType(c, t),
        };
    }

    private static int Amount(ulong n, bool wrap) => wrap ? (int)(n & 31) : (int)Math.Min((uint)n, 32);

    private static ulong Funnel(ulong low, ulong high, int n, bool left)
    {
        ulong both = (high << 32) | (uint)low;
        return left ? (uint)((both << n) >> 32) : (uint)(both >> n);
    }

    private static Instruction Bits(DecodeContext c)
    {
        bool shiftAmount = c.Take("shiftamt"), clamp = c.TakeAny("clamp", "wrap") == "clamp";
        c.Take("clamp");
        if (c.Name == "prmt")
            return Permute(c);
        PtxType t = c.Type();
        int bits = t.Bits();
        bool signed = t.IsSigned();
        Register d = c.Destination(0), a = c.Source(1, t is PtxType.None ? PtxType.B32 : t);
        switch (c.Name)
        {
            case "popc":
                return new General(d, a, a, a, (x, _, _) => (ulong)BitOperations.PopCount(x));
            case "clz":
                return new General(d, a, a, a, (x, _, _) => (ulong)(BitOperations.LeadingZeroCount(x) - (64 - bits)));
            case "brev":
                return new General(d, a, a, a, (x, _, _) => Reverse(x) >> (64 - bits));
            case "bfind":
                return new General(d, a, a, a, (x, _, _) => FindBit(x, bits, signed, shiftAmount));
            case "fns":
                return new General(d, a, c.Source(2, PtxType.B32), c.Source(3, PtxType.S32), FindSet);
            case "bfe":
                return new General(d, a, c.Source(2, PtxType.U32), c.Source(3, PtxType.U32), (x, at, n) => Extract(x, (int)(at & 255), (int)(n & 255), bits, signed));
            case "bfi":
                return new BitInsert(d, a, c.Source(2, t), c.Source(3, PtxType.U32), c.Source(4, PtxType.U32), bits);
            case "bmsk":
                return new General(d, a, c.Source(2, PtxType.U32), a, (at, n, _) => Mask((uint)at, (uint)n, clamp));
            default:
                return new General(d, a, c.Source(2, PtxType.U32), a, (x, n, _) => SignExtend((uint)x, (uint)n, clamp, signed));
        }
    }

    private static Permute Permute(DecodeContext c)
    {
        PermuteMode mode = c.TakeAny("f4e", "b4e", "rc8", "ecl", "ecr", "rc16", "") switch
        {
            "f4e" => PermuteMode.Forward,
            "b4e" => PermuteMode.Backward,
            "rc8" => PermuteMode.Replicate8,
            "ecl" => PermuteMode.ClampLeft,
            "ecr" => PermuteMode.ClampRight,
            "rc16" => PermuteMode.Replicate16,
            _ => PermuteMode.Any,
        };
        PtxType t = c.Type();
        bool isLast = c.Take("f4e") || c.Take("b4e") || c.Take("rc8") || c.Take("ecl") || c.Take("ecr") || c.Take("rc16");
        return isLast ? throw c.Error("prmt has one mode") : new Permute(c.Destination(0), c.Source(1, t), c.Source(2, t), c.Source(3, t), mode);
    }

    private static ulong Reverse(ulong x)
    {
        ulong r = 0;
        for (int i = 0; i < 64; i++)
            r |= (x >> i & 1) << (63 - i);
        return r;
    }

    private static ulong FindBit(ulong x, int bits, bool signed, bool shiftAmount)
    {
        ulong all = bits == 64 ? ulong.MaxValue : (1UL << bits) - 1;
        ulong v = signed && (x >> (bits - 1) & 1) != 0 ? ~x & all : x & all;
        if (v == 0)
            return uint.MaxValue;
        int at = 63 - BitOperations.LeadingZeroCount(v);
        return (ulong)(shiftAmount ? bits - 1 - at : at);
    }

    // PTX ISA, fns: the n-th set bit from a base, upwards or downwards; 0 asks for the base itself.
    private static ulong FindSet(ulong mask, ulong @base, ulong offset)
    {
        int n = (int)offset, at = (int)(@base & 31);
        if (n == 0)
            return (mask >> at & 1) != 0 ? (ulong)at : uint.MaxValue;
        int step = n > 0 ? 1 : -1, left = Math.Abs(n) - 1;
        for (int i = at; i is >= 0 and < 32; i += step)
        {
            if ((mask >> i & 1) != 0 && left-- == 0)
                return (ulong)i;
        }

        return uint.MaxValue;
    }

    // PTX ISA, bfe: bits behind the last one repeat the field's sign.
    private static ulong Extract(ulong x, int at, int n, int bits, bool signed)
    {
        int msb = bits - 1;
        ulong sign = !signed || n == 0 ? 0 : x >> Math.Min(at + n - 1, msb) & 1;
        ulong result = 0;
        for (int i = 0; i <= msb; i++)
            result |= (i < n && at + i <= msb ? x >> (at + i) & 1 : sign) << i;
        return result;
    }

    private static ulong Mask(uint at, uint n, bool clamp)
    {
        if (clamp)
            return at >= 32 ? 0 : (n >= 32 ? ulong.MaxValue : (1UL << (int)n) - 1) << (int)at & uint.MaxValue;
        return (((1UL << (int)(n & 31)) - 1) << (int)(at & 31)) & uint.MaxValue;
    }

    private static ulong SignExtend(uint x, uint n, bool clamp, bool signed)
    {
        if (clamp && n >= 32)
            return x;
        int bits = (int)(n & 31);
        return bits == 0 ? 0 : (uint)Extend(x, bits, signed);
    }

    private readonly struct And<T> : IBinary<T>
        where T : IBitwiseOperators<T, T, T>
    {
        public static T Apply(T a, T b) => a & b;
    }

    private readonly struct Or<T> : IBinary<T>
        where T : IBitwiseOperators<T, T, T>
    {
        public static T Apply(T a, T b) => a | b;
    }

    private readonly struct Xor<T> : IBinary<T>
        where T : IBitwiseOperators<T, T, T>
    {
        public static T Apply(T a, T b) => a ^ b;
    }

    private readonly struct ShiftLeft32 : IShift<uint>
    {
        public static uint Apply(uint a, uint n) => n > 31 ? 0 : a << (int)n;
    }

    private readonly struct ShiftRightU32 : IShift<uint>
    {
        public static uint Apply(uint a, uint n) => n > 31 ? 0 : a >> (int)n;
    }

    private readonly struct ShiftRightS32 : IShift<int>
    {
        public static int Apply(int a, uint n) => a >> (int)Math.Min(n, 31);
    }

    private readonly struct ShiftLeft64 : IShift<ulong>
    {
        public static ulong Apply(ulong a, uint n) => n > 63 ? 0 : a << (int)n;
    }

    private readonly struct ShiftRightU64 : IShift<ulong>
    {
        public static ulong Apply(ulong a, uint n) => n > 63 ? 0 : a >> (int)n;
    }

    private readonly struct ShiftRightS64 : IShift<long>
    {
        public static long Apply(long a, uint n) => a >> (int)Math.Min(n, 63);
    }

    private readonly struct ShiftLeft16 : IShift<uint>
    {
        public static uint Apply(uint a, uint n) => n > 15 ? 0u : (ushort)(a << (int)n);
    }

    private readonly struct ShiftRightS16 : IShift<uint>
    {
        public static uint Apply(uint a, uint n) => (ushort)((short)a >> (int)Math.Min(n, 15));
    }
}

internal interface IShift<T>
{
    static abstract T Apply(T a, uint n);
}

/// <summary>shl and shr; undefined bytes move along where the amount is whole bytes.</summary>
internal sealed unsafe class ShiftInstruction<T, TOp>(Register d, Register a, Register n) : Instruction
    where T : unmanaged
    where TOp : struct, IShift<T>
{
    public override void Execute(Warp w, uint mask)
    {
        if (((w.U[a.Index] | w.U[n.Index]) & mask) == 0)
            w.Define(d, mask);
        else
            MoveUndefined(w, mask);
        T* to = (T*)w.Words(d), x = (T*)w.Words(a);
        uint* amount = w.Words(n);
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int i = BitOperations.TrailingZeroCount(m);
            to[i] = TOp.Apply(x[i], amount[i]);
        }
    }

    private void MoveUndefined(Warp w, uint mask)
    {
        int origin = w.OriginOfAny(mask, a, n);
        bool left = Syntax.Name == "shl", signed = typeof(TOp).Name.Contains('S', StringComparison.Ordinal) && typeof(T) != typeof(uint) && typeof(T) != typeof(ulong);
        int whole = (1 << d.Bytes) - 1;
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int i = BitOperations.TrailingZeroCount(m);
            int undefined = w.UndefinedBytes(a, i);
            uint amount = w.Words(n)[i];
            int result = whole;
            if (undefined == 0 && w.UndefinedBytes(n, i) == 0)
                result = 0;
            else if (w.UndefinedBytes(n, i) == 0)
                result = Moved(undefined, amount, left, signed) & whole;
            w.SetUndefinedBytes(d, i, (byte)result, origin);
        }
    }

    // An amount between whole bytes makes both bytes undefined that a byte reaches.
    private int Moved(int undefined, uint amount, bool left, bool signed)
    {
        int bytes = (int)Math.Min(amount / 8, 8), up = (int)Math.Min((amount + 7) / 8, 8);
        if (left)
            return (undefined << bytes) | (undefined << up);
        bool sign = signed && (undefined >> (a.Bytes - 1) & 1) != 0;
        int moved = (undefined >> bytes) | (undefined >> up);
        return sign ? moved | (0xFF << Math.Max(0, a.Bytes - 1 - up)) : moved;
    }
}

/// <summary>Any function of three bits, bit by bit.</summary>
internal sealed unsafe class Lop3(Register d, Register p, Register a, Register b, Register c, byte table, PredicateInput input) : Instruction
{
    public override void Execute(Warp w, uint mask)
    {
        uint undefined = (w.U[a.Index] | w.U[b.Index] | w.U[c.Index]) & mask;
        if (!d.IsSink)
        {
            if (undefined == 0)
                w.Define(d, mask);
            else
                FlowBytes(w, mask);
        }

        uint nonZero = 0;
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int i = BitOperations.TrailingZeroCount(m);
            uint r = Apply(w.Words(a)[i], w.Words(b)[i], w.Words(c)[i]);
            nonZero |= (r != 0 ? 1u : 0) << i;
            if (!d.IsSink)
                w.Words(d)[i] = r;
        }

        if (!p.IsSink)
            input.Finish(w, mask, p, Register.Sink, nonZero, undefined, a, b);
    }

    private uint Apply(uint x, uint y, uint z)
    {
        uint r = 0;
        for (int i = 0; i < 8; i++)
        {
            if ((table >> i & 1) != 0)
                r |= ((i & 4) != 0 ? x : ~x) & ((i & 2) != 0 ? y : ~y) & ((i & 1) != 0 ? z : ~z);
        }

        return r;
    }

    // A byte is defined where every value of the undefined operands gives the same bits.
    private void FlowBytes(Warp w, uint mask)
    {
        int origin = w.OriginOfAny(mask, a, b, c);
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int i = BitOperations.TrailingZeroCount(m);
            uint ua = Bits(w.UndefinedBytes(a, i)), ub = Bits(w.UndefinedBytes(b, i)), uc = Bits(w.UndefinedBytes(c, i));
            uint x = w.Words(a)[i], y = w.Words(b)[i], z = w.Words(c)[i], first = Apply(x & ~ua, y & ~ub, z & ~uc), differs = 0;
            for (int k = 1; k < 8; k++)
                differs |= first ^ Apply((k & 4) != 0 ? x | ua : x & ~ua, (k & 2) != 0 ? y | ub : y & ~ub, (k & 1) != 0 ? z | uc : z & ~uc);
            byte result = 0;
            for (int k = 0; k < 4; k++)
                result |= (byte)((differs >> (8 * k) & 0xFF) != 0 ? 1 << k : 0);
            w.SetUndefinedBytes(d, i, result, origin);
        }
    }

    private static uint Bits(int bytes) =>
        ((bytes & 1) != 0 ? 0xFFu : 0) | ((bytes & 2) != 0 ? 0xFF00u : 0) | ((bytes & 4) != 0 ? 0xFF0000u : 0) | ((bytes & 8) != 0 ? 0xFF000000u : 0);
}

/// <summary>and, or, xor, not of predicates.</summary>
internal sealed unsafe class PredicateLogic(Register d, Register a, bool isNegated, PredicateInput b) : Instruction
{
    public override void Execute(Warp w, uint mask)
    {
        uint x = isNegated ? ~w.P[a.Offset] : w.P[a.Offset];
        b.Finish(w, mask, d, Register.Sink, x, w.U[a.Index], a, a);
    }
}

/// <summary>bfi: puts the low bits of one value into another.</summary>
internal sealed unsafe class BitInsert(Register d, Register a, Register b, Register at, Register count, int bits) : Instruction
{
    public override void Execute(Warp w, uint mask)
    {
        uint undefined = (w.U[a.Index] | w.U[b.Index] | w.U[at.Index] | w.U[count.Index]) & mask;
        if (undefined != 0)
            FlowBytes(w, mask);
        else
            w.Define(d, mask);
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int i = BitOperations.TrailingZeroCount(m);
            ulong field = Field(w, i), x = w.Value(a, i), y = w.Value(b, i);
            int shift = (int)(w.Words(at)[i] & 255);
            ulong r = (y & ~field) | ((shift > 63 ? 0 : x << shift) & field);
            if (bits == 64)
                ((ulong*)w.Words(d))[i] = r;
            else
                w.Words(d)[i] = (uint)r;
        }
    }

    private ulong Field(Warp w, int lane)
    {
        int shift = (int)(w.Words(at)[lane] & 255), n = (int)(w.Words(count)[lane] & 255);
        if (shift >= bits || n == 0)
            return 0;
        ulong ones = n >= 64 ? ulong.MaxValue : (1UL << n) - 1;
        return (ones << shift) & (bits == 64 ? ulong.MaxValue : (1UL << bits) - 1);
    }

    private void FlowBytes(Warp w, uint mask)
    {
        int origin = w.OriginOfAny(mask, a, b, at, count);
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int i = BitOperations.TrailingZeroCount(m);
            int result = 0, ua = w.UndefinedBytes(a, i), ub = w.UndefinedBytes(b, i);
            bool known = w.UndefinedBytes(at, i) == 0 && w.UndefinedBytes(count, i) == 0;
            ulong field = Field(w, i);
            for (int k = 0; k < bits / 8; k++)
            {
                byte covered = (byte)(field >> (8 * k));
                bool fromA = covered != 0 && ua != 0, fromB = covered != 0xFF && (ub >> k & 1) != 0;
                result |= !known || fromA || fromB ? 1 << k : 0;
            }

            w.SetUndefinedBytes(d, i, (byte)result, origin);
        }
    }
}

/// <summary>How <c>prmt</c> reads its selector.</summary>
internal enum PermuteMode
{
    Any,
    Forward,
    Backward,
    Replicate8,
    ClampLeft,
    ClampRight,
    Replicate16,
}

/// <summary>prmt: picks four bytes out of eight; PTX ISA 9.7.8.</summary>
internal sealed unsafe class Permute(Register d, Register a, Register b, Register selector, PermuteMode mode) : Instruction
{
    public override void Execute(Warp w, uint mask)
    {
        bool anyUndefined = ((w.U[a.Index] | w.U[b.Index] | w.U[selector.Index]) & mask) != 0;
        int origin = anyUndefined ? w.OriginOfAny(mask, a, b, selector) : 0;
        if (!anyUndefined)
            w.Define(d, mask);
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int i = BitOperations.TrailingZeroCount(m);
            uint select = Selector(w.Words(selector)[i]);
            int undefined = w.UndefinedBytes(a, i) | (w.UndefinedBytes(b, i) << 4), result = 0;
            bool lost = w.UndefinedBytes(selector, i) != 0;
            ulong both = w.Words(a)[i] | ((ulong)w.Words(b)[i] << 32);
            uint r = 0;
            for (int k = 0; k < 4; k++)
            {
                int from = (int)(select >> (4 * k)) & 15;
                uint value = (byte)(both >> (8 * (from & 7)));
                r |= ((from & 8) != 0 ? ((value & 0x80) != 0 ? 0xFFu : 0) : value) << (8 * k);
                result |= (undefined >> (from & 7) & 1) << k;
            }

            w.Words(d)[i] = r;
            if (anyUndefined)
                w.SetUndefinedBytes(d, i, (byte)(lost ? 15 : result), origin);
        }
    }

    private uint Selector(uint selector)
    {
        uint s = selector & 3;
        return mode switch
        {
            PermuteMode.Forward => Four(s, s + 1, s + 2, s + 3),
            PermuteMode.Backward => Four(s, (s + 7) & 7, (s + 6) & 7, (s + 5) & 7),
            PermuteMode.Replicate8 => Four(s, s, s, s),
            PermuteMode.ClampLeft => Four(s, Math.Max(s, 1), Math.Max(s, 2), 3),
            PermuteMode.ClampRight => Four(0, Math.Min(s, 1), Math.Min(s, 2), s),
            PermuteMode.Replicate16 => (s & 1) == 0 ? 0x1010u : 0x3232u,
            _ => selector,
        };
    }

    private static uint Four(uint a, uint b, uint c, uint d) => a | (b << 4) | (c << 8) | (d << 12);
}
