using System.Numerics;
using Puna.Kernels.Gpu.Emulator.Numerics;

namespace Puna.Kernels.Gpu.Emulator.Instructions;

/// <summary>A float operation with flushing of subnormals and saturation.</summary>
internal sealed unsafe class F32Function(
    Register d, Register a, Register b, Register c, Func<float, float, float, float> apply, bool flush, bool saturate, bool keepsNaN) : Instruction
{
    public override void Execute(Warp w, uint mask)
    {
        w.Flow(mask, d, a, b, c);
        float* to = (float*)w.Words(d), x = (float*)w.Words(a), y = (float*)w.Words(b), z = (float*)w.Words(c);
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int i = BitOperations.TrailingZeroCount(m);
            float r = flush
                ? F32Arithmetic.FlushSubnormal(apply(F32Arithmetic.FlushSubnormal(x[i]), F32Arithmetic.FlushSubnormal(y[i]), F32Arithmetic.FlushSubnormal(z[i])))
                : apply(x[i], y[i], z[i]);
            if (saturate)
                r = F32Arithmetic.Saturate(r);
            to[i] = keepsNaN ? r : F32Arithmetic.Canonical(r);
        }
    }
}

/// <summary>An operation on 16-bit floats, or on each half of packed ones; a half is undefined where its operands' halves are.</summary>
internal sealed unsafe class HalfFunction(
    Register d, Register a, Register b, Register c, Func<uint, uint, uint, uint> apply, bool isPacked) : Instruction
{
    public override void Execute(Warp w, uint mask)
    {
        if (((w.U[a.Index] | w.U[b.Index] | w.U[c.Index]) & mask) == 0)
            w.Define(d, mask);
        else
            FlowHalves(w, mask);
        uint* to = w.Words(d), x = w.Words(a), y = w.Words(b), z = w.Words(c);
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int i = BitOperations.TrailingZeroCount(m);
            uint low = apply(x[i] & 0xFFFF, y[i] & 0xFFFF, z[i] & 0xFFFF);
            to[i] = isPacked ? low | (apply(x[i] >> 16, y[i] >> 16, z[i] >> 16) << 16) : low;
        }
    }

    private void FlowHalves(Warp w, uint mask)
    {
        int origin = w.OriginOfAny(mask, a, b, c);
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int i = BitOperations.TrailingZeroCount(m);
            int u = w.UndefinedBytes(a, i) | w.UndefinedBytes(b, i) | w.UndefinedBytes(c, i);
            int result = ((u & 3) != 0 ? 3 : 0) | (isPacked && (u & 12) != 0 ? 12 : 0);
            w.SetUndefinedBytes(d, i, (byte)result, origin);
        }
    }
}

/// <summary>A comparison of packed halves: one predicate for each.</summary>
internal sealed unsafe class HalfCompare(Register p, Register q, Register a, Register b, Func<float, float, bool> test, Func<uint, float> decode, PredicateInput input)
    : Instruction
{
    public override void Execute(Warp w, uint mask)
    {
        uint low = 0, high = 0, lowUndefined = 0, highUndefined = 0;
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int i = BitOperations.TrailingZeroCount(m);
            uint x = w.Words(a)[i], y = w.Words(b)[i];
            low |= (test(decode(x & 0xFFFF), decode(y & 0xFFFF)) ? 1u : 0) << i;
            high |= (test(decode(x >> 16), decode(y >> 16)) ? 1u : 0) << i;
            int u = w.UndefinedBytes(a, i) | w.UndefinedBytes(b, i);
            lowUndefined |= ((u & 3) != 0 ? 1u : 0) << i;
            highUndefined |= ((u & 12) != 0 ? 1u : 0) << i;
        }

        input.Finish(w, mask, p, Register.Sink, low, lowUndefined, a, b);
        input.Finish(w, mask, q, Register.Sink, high, highUndefined, a, b);
    }
}
