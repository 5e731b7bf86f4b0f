using System.Numerics;

namespace Puna.Kernels.Gpu.Emulator.Instructions;

// Instructions that compute each lane from the same lane of their operands. T is how a lane is stored: 4 bytes (uint,
// int, float) or 8 (ulong, long, double); 8- and 16-bit registers are uint with zero upper bits. An operation is a
// struct with one static method, so the JIT compiles one tight loop for each.

internal interface IUnary<T, TResult>
{
    static abstract TResult Apply(T a);
}

internal interface IBinary<T>
{
    static abstract T Apply(T a, T b);
}

internal interface ITernary<T>
{
    static abstract T Apply(T a, T b, T c);
}

internal interface ICompare<T>
{
    static abstract bool Apply(T a, T b);
}

internal sealed unsafe class Unary<T, TResult, TOp>(Register d, Register a, Taint taint = Taint.Whole) : Instruction
    where T : unmanaged
    where TResult : unmanaged
    where TOp : struct, IUnary<T, TResult>
{
    public override void Execute(Warp w, uint mask)
    {
        w.Flow(mask, taint, d, a);
        TResult* to = (TResult*)w.Words(d);
        T* x = (T*)w.Words(a);
        if (mask == Warp.All)
        {
            for (int i = 0; i < 32; i++)
                to[i] = TOp.Apply(x[i]);
            return;
        }

        for (uint m = mask; m != 0; m &= m - 1)
        {
            int i = BitOperations.TrailingZeroCount(m);
            to[i] = TOp.Apply(x[i]);
        }
    }
}

internal sealed unsafe class Binary<T, TOp>(Register d, Register a, Register b, Taint taint = Taint.Whole) : Instruction
    where T : unmanaged
    where TOp : struct, IBinary<T>
{
    public override void Execute(Warp w, uint mask)
    {
        w.Flow(mask, taint, d, a, b);
        T* to = (T*)w.Words(d), x = (T*)w.Words(a), y = (T*)w.Words(b);
        if (mask == Warp.All)
        {
            for (int i = 0; i < 32; i++)
                to[i] = TOp.Apply(x[i], y[i]);
            return;
        }

        for (uint m = mask; m != 0; m &= m - 1)
        {
            int i = BitOperations.TrailingZeroCount(m);
            to[i] = TOp.Apply(x[i], y[i]);
        }
    }
}

internal sealed unsafe class Ternary<T, TOp>(Register d, Register a, Register b, Register c) : Instruction
    where T : unmanaged
    where TOp : struct, ITernary<T>
{
    public override void Execute(Warp w, uint mask)
    {
        w.Flow(mask, d, a, b, c);
        T* to = (T*)w.Words(d), x = (T*)w.Words(a), y = (T*)w.Words(b), z = (T*)w.Words(c);
        if (mask == Warp.All)
        {
            for (int i = 0; i < 32; i++)
                to[i] = TOp.Apply(x[i], y[i], z[i]);
            return;
        }

        for (uint m = mask; m != 0; m &= m - 1)
        {
            int i = BitOperations.TrailingZeroCount(m);
            to[i] = TOp.Apply(x[i], y[i], z[i]);
        }
    }
}

/// <summary>Operands of 4 or 8 bytes give a result of another width: mul.wide, shifts of 64 bits, rare forms.</summary>
internal sealed unsafe class General(Register d, Register a, Register b, Register c, Func<ulong, ulong, ulong, ulong> apply) : Instruction
{
    public override void Execute(Warp w, uint mask)
    {
        w.Flow(mask, d, a, b, c);
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int i = BitOperations.TrailingZeroCount(m);
            Store(w, d, i, apply(w.Value(a, i), w.Value(b, i), w.Value(c, i)));
        }
    }

    private static void Store(Warp w, Register d, int lane, ulong value)
    {
        if (d.IsPredicate)
            w.P[d.Offset] = (w.P[d.Offset] & ~(1u << lane)) | ((uint)(value & 1) << lane);
        else if (d.Bits == 64)
            ((ulong*)w.Words(d))[lane] = value;
        else
            w.Words(d)[lane] = d.Bits == 32 ? (uint)value : (uint)value & ((1u << d.Bits) - 1);
    }
}

/// <summary>Gives one predicate per lane, combined with another one, and its negation where the text asks for it.</summary>
internal sealed unsafe class Compare<T, TOp>(Register p, Register q, Register a, Register b, PredicateInput c) : Instruction
    where T : unmanaged
    where TOp : struct, ICompare<T>
{
    public override void Execute(Warp w, uint mask)
    {
        T* x = (T*)w.Words(a), y = (T*)w.Words(b);
        uint result = 0;
        if (mask == Warp.All)
        {
            for (int i = 0; i < 32; i++)
                result |= (TOp.Apply(x[i], y[i]) ? 1u : 0) << i;
        }
        else
        {
            for (uint m = mask; m != 0; m &= m - 1)
            {
                int i = BitOperations.TrailingZeroCount(m);
                result |= (TOp.Apply(x[i], y[i]) ? 1u : 0) << i;
            }
        }

        c.Finish(w, mask, p, q, result, w.U[a.Index] | w.U[b.Index], a, b);
    }
}

/// <summary>How <c>setp</c> combines its result with a predicate.</summary>
internal enum PredicateCombine
{
    None,
    And,
    Or,
    Xor,
}

/// <summary>The predicate that a comparison is combined with.</summary>
internal readonly unsafe record struct PredicateInput(PredicateCombine Combine, Register Register, bool IsNegated)
{
    /// <summary>Writes the combination to <paramref name="p"/> and that of the opposite result to <paramref name="q"/>.</summary>
    public void Finish(Warp w, uint mask, Register p, Register q, uint result, uint undefined, Register a, Register b)
    {
        uint other = 0, undefinedOther = 0;
        if (Combine != PredicateCombine.None)
        {
            other = IsNegated ? ~w.P[Register.Offset] : w.P[Register.Offset];
            undefinedOther = w.U[Register.Index] & mask;
        }

        undefined &= mask;
        int origin = (undefined | undefinedOther) == 0 ? 0 : w.OriginOfAny(mask, a, b, Combine == PredicateCombine.None ? a : Register);
        Write(w, mask, p, result, undefined, other, undefinedOther, origin);
        if (!q.IsSink)
            Write(w, mask, q, ~result, undefined, other, undefinedOther, origin);
    }

    private void Write(Warp w, uint mask, Register p, uint result, uint undefined, uint other, uint undefinedOther, int origin)
    {
        if (p.IsSink)
            return;
        uint combined = Combine switch
        {
            PredicateCombine.And => result & other,
            PredicateCombine.Or => result | other,
            PredicateCombine.Xor => result ^ other,
            _ => result,
        };
        // a defined false decides an and, a defined true an or
        uint decided = Combine switch
        {
            PredicateCombine.And => (~result & ~undefined) | (~other & ~undefinedOther),
            PredicateCombine.Or => (result & ~undefined) | (other & ~undefinedOther),
            _ => 0,
        };
        uint unknown = (undefined | undefinedOther) & ~decided & mask;
        w.P[p.Offset] = (w.P[p.Offset] & ~mask) | (combined & mask);
        w.U[p.Index] = (w.U[p.Index] & ~mask) | unknown;
        if (unknown != 0)
            w.Origin[p.Index] = origin;
    }
}
