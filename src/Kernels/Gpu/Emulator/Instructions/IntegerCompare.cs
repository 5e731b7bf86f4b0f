using System.Numerics;
using Puna.Kernels.Gpu.Emulator.Syntax;

namespace Puna.Kernels.Gpu.Emulator.Instructions;

internal static partial class IntegerOpcodes
{
    private static Instruction Comparison(DecodeContext c)
    {
        string op = c.TakeAny("eq", "ne", "lt", "le", "gt", "ge", "lo", "ls", "hi", "hs", "");
        PredicateCombine combine = Combine(c);
        PtxType result = c.Name == "set" ? c.Type() : PtxType.Pred;
        PtxType t = c.Type();
        if (t == PtxType.U16x2 || t == PtxType.S16x2)
            throw NoType(c, t);
        (Register p, Register q) = Destinations(c, result);
        Register a = c.Source(1, t), b = c.Source(2, t);
        PredicateInput input = CombinedWith(c, combine);
        Instruction compare = t.Bits() switch
        {
            64 => t.IsSigned() || op is "eq" or "ne" ? Make<long>(c, op, p, q, a, b, input) : Make<ulong>(c, op, p, q, a, b, input),
            32 => t.IsSigned() || op is "eq" or "ne" ? Make<int>(c, op, p, q, a, b, input) : Make<uint>(c, op, p, q, a, b, input),
            _ when t.IsSigned() => Make16(c, op, p, q, a, b, input),
            _ => Make<uint>(c, op, p, q, a, b, input),
        };
        return result == PtxType.Pred ? compare : new SetInstruction(compare, p, c.Destination(0), result);
    }

    /// <summary>Takes <c>.and</c>, <c>.or</c> or <c>.xor</c>.</summary>
    internal static PredicateCombine Combine(DecodeContext c) => c.TakeAny("and", "or", "xor", "") switch
    {
        "and" => PredicateCombine.And,
        "or" => PredicateCombine.Or,
        "xor" => PredicateCombine.Xor,
        _ => PredicateCombine.None,
    };

    /// <summary>The predicate that the comparison is combined with, as operand 3.</summary>
    internal static PredicateInput CombinedWith(DecodeContext c, PredicateCombine combine)
    {
        if (combine == PredicateCombine.None)
            return default;
        (Register r, bool negated) = c.Predicate(c.Operand(3));
        return new PredicateInput(combine, r, negated);
    }

    /// <summary>The predicates that a comparison writes: those of the text, or a hidden one for <c>set</c>.</summary>
    internal static (Register P, Register Q) Destinations(DecodeContext c, PtxType result)
    {
        if (result != PtxType.Pred)
            return (c.Registers.Add(PtxType.Pred, "set"), Register.Sink);
        return c.Operand(0) is PairOperand pair
            ? (c.DestinationOf(pair.First), c.DestinationOf(pair.Second)) : (c.Destination(0), Register.Sink);
    }

    private static Instruction Make<T>(DecodeContext c, string op, Register p, Register q, Register a, Register b, PredicateInput input)
        where T : unmanaged, INumber<T> => op switch
        {
            "eq" => new Compare<T, Equal<T>>(p, q, a, b, input),
            "ne" => new Compare<T, NotEqual<T>>(p, q, a, b, input),
            "lt" or "lo" => new Compare<T, Less<T>>(p, q, a, b, input),
            "le" or "ls" => new Compare<T, LessOrEqual<T>>(p, q, a, b, input),
            "gt" or "hi" => new Compare<T, Less<T>>(p, q, b, a, input),
            "ge" or "hs" => new Compare<T, LessOrEqual<T>>(p, q, b, a, input),
            _ => throw c.Error("a comparison of integers was expected"),
        };

    private static Instruction Make16(DecodeContext c, string op, Register p, Register q, Register a, Register b, PredicateInput input) => op switch
    {
        "eq" => new Compare<uint, Equal<uint>>(p, q, a, b, input),
        "ne" => new Compare<uint, NotEqual<uint>>(p, q, a, b, input),
        "lt" => new Compare<uint, Less16>(p, q, a, b, input),
        "le" => new Compare<uint, LessOrEqual16>(p, q, a, b, input),
        "gt" => new Compare<uint, Less16>(p, q, b, a, input),
        "ge" => new Compare<uint, LessOrEqual16>(p, q, b, a, input),
        _ => throw c.Error("a comparison of integers was expected"),
    };

    private static Instruction Selection(DecodeContext c)
    {
        PtxType t = c.Type();
        if (c.Name == "selp")
        {
            (Register p, bool negated) = c.Predicate(c.Operand(3));
            Register x = c.Source(1, t), y = c.Source(2, t);
            return t.Bits() == 64
                ? new Select<ulong>(c.Destination(0), negated ? y : x, negated ? x : y, p)
                : new Select<uint>(c.Destination(0), negated ? y : x, negated ? x : y, p);
        }

        c.Ignore("ftz");
        PtxType by = c.Type();
        Register a = c.Source(1, t), b = c.Source(2, t), d = c.Destination(0), s = c.Source(3, by);
        return by == PtxType.F32
            ? new General(d, a, b, s, (x, y, k) => BitConverter.UInt32BitsToSingle((uint)k) >= 0 ? x : y)
            : new General(d, a, b, s, (x, y, k) => (int)k >= 0 ? x : y);
    }

    private readonly struct Equal<T> : ICompare<T>
        where T : INumber<T>
    {
        public static bool Apply(T a, T b) => a == b;
    }

    private readonly struct NotEqual<T> : ICompare<T>
        where T : INumber<T>
    {
        public static bool Apply(T a, T b) => a != b;
    }

    private readonly struct Less<T> : ICompare<T>
        where T : INumber<T>
    {
        public static bool Apply(T a, T b) => a < b;
    }

    private readonly struct LessOrEqual<T> : ICompare<T>
        where T : INumber<T>
    {
        public static bool Apply(T a, T b) => a <= b;
    }

    private readonly struct Less16 : ICompare<uint>
    {
        public static bool Apply(uint a, uint b) => (short)a < (short)b;
    }

    private readonly struct LessOrEqual16 : ICompare<uint>
    {
        public static bool Apply(uint a, uint b) => (short)a <= (short)b;
    }
}

/// <summary>selp: undefined only where the chosen side, or the choice, is.</summary>
internal sealed unsafe class Select<T>(Register d, Register a, Register b, Register p) : Instruction
    where T : unmanaged
{
    public override void Execute(Warp w, uint mask)
    {
        uint chosen = w.P[p.Offset];
        if (((w.U[a.Index] | w.U[b.Index] | w.U[p.Index]) & mask) == 0)
            w.Define(d, mask);
        else
            FlowChosen(w, mask, chosen);
        T* to = (T*)w.Words(d), x = (T*)w.Words(a), y = (T*)w.Words(b);
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int i = BitOperations.TrailingZeroCount(m);
            to[i] = (chosen >> i & 1) != 0 ? x[i] : y[i];
        }
    }

    private void FlowChosen(Warp w, uint mask, uint chosen)
    {
        int origin = w.OriginOfAny(mask, p, a, b);
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int i = BitOperations.TrailingZeroCount(m);
            bool isKnown = (w.U[p.Index] >> i & 1) == 0 || w.Value(a, i) == w.Value(b, i);
            byte bytes = (chosen >> i & 1) != 0 ? w.UndefinedBytes(a, i) : w.UndefinedBytes(b, i);
            w.SetUndefinedBytes(d, i, isKnown ? bytes : (byte)((1 << Math.Min(8, d.Bytes)) - 1), origin);
        }
    }
}

/// <summary>set: a comparison whose result is a number, all ones (integers) or 1.0 (floats).</summary>
internal sealed unsafe class SetInstruction(Instruction compare, Register p, Register d, PtxType type) : Instruction
{
    public override void Execute(Warp w, uint mask)
    {
        compare.Execute(w, mask);
        uint one = type switch
        {
            PtxType.F32 => 0x3F800000,
            PtxType.F16 => 0x3C00,
            PtxType.BF16 => 0x3F80,
            PtxType.U16 or PtxType.S16 => 0xFFFF,
            _ => uint.MaxValue,
        };
        uint undefined = w.U[p.Index] & mask;
        w.Undefine(d, mask, undefined, w.Origin[p.Index]);
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int i = BitOperations.TrailingZeroCount(m);
            w.Words(d)[i] = (w.P[p.Offset] >> i & 1) != 0 ? one : 0;
        }
    }
}
