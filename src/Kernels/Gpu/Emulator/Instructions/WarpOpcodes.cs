using System.Numerics;
using Puna.Kernels.Gpu.Emulator.Syntax;

namespace Puna.Kernels.Gpu.Emulator.Instructions;

/// <summary>Shuffles, votes and what else lanes of a warp do together: PTX ISA 9.7.9.6, 9.7.13.</summary>
internal static class WarpOpcodes
{
    public static Instruction? Decode(DecodeContext c) => c.Name switch
    {
        "shfl" => Shuffle(c),
        "vote" => Vote(c),
        "match" => Match(c),
        "redux" => Redux(c),
        "activemask" => Active(c),
        "elect" => Elect(c),
        _ => null,
    };

    private static void NeedSync(DecodeContext c)
    {
        if (!c.Take("sync"))
            throw c.Error($"{c.Name} without .sync is not part of this architecture");
    }

    private static Shuffle Shuffle(DecodeContext c)
    {
        NeedSync(c);
        string mode = c.TakeAny("up", "down", "bfly", "idx", "");
        PtxType t = c.Type();
        (Register d, Register p) = Pair(c);
        return new Shuffle(d, p, c.Source(1, t), c.Source(2, PtxType.B32), c.Source(3, PtxType.B32), c.Source(4, PtxType.B32), mode[0]);
    }

    private static Vote Vote(DecodeContext c)
    {
        NeedSync(c);
        string mode = c.TakeAny("all", "any", "uni", "ballot", "");
        c.Type();
        (Register p, bool negated) = c.Predicate(c.Operand(1));
        return new Vote(c.Destination(0), p, negated, c.Source(2, PtxType.B32), mode);
    }

    private static Match Match(DecodeContext c)
    {
        bool all = c.TakeAny("all", "any") == "all";
        NeedSync(c);
        PtxType t = c.Type();
        (Register d, Register p) = Pair(c);
        return new Match(d, p, c.Source(1, t), c.Source(2, PtxType.B32), all);
    }

    private static Redux Redux(DecodeContext c)
    {
        c.Need(GpuArch.Sm80, "redux");
        NeedSync(c);
        string op = c.TakeAny("add", "min", "max", "and", "or", "xor", "");
        PtxType t = c.Type();
        if (t.IsFloat())
            throw c.Error("redux of floats needs sm_100a");
        bool signed = t.IsSigned();
        Func<uint, uint, uint> apply = op switch
        {
            "add" => (x, y) => x + y,
            "min" => signed ? (x, y) => (uint)Math.Min((int)x, (int)y) : Math.Min,
            "max" => signed ? (x, y) => (uint)Math.Max((int)x, (int)y) : Math.Max,
            "and" => (x, y) => x & y,
            "or" => (x, y) => x | y,
            "xor" => (x, y) => x ^ y,
            _ => throw c.Error("an operation was expected"),
        };
        return new Redux(c.Destination(0), c.Source(1, t), c.Source(2, PtxType.B32), apply);
    }

    private static ActiveMask Active(DecodeContext c)
    {
        c.Type();
        return new ActiveMask(c.Destination(0));
    }

    private static Elect Elect(DecodeContext c)
    {
        c.Need(GpuArch.Sm90, "elect");
        NeedSync(c);
        (Register d, Register p) = Pair(c);
        return new Elect(d, p, c.Source(1, PtxType.B32));
    }

    private static (Register D, Register P) Pair(DecodeContext c) => c.Operand(0) is PairOperand pair
        ? (c.DestinationOf(pair.First), c.DestinationOf(pair.Second)) : (c.Destination(0), Register.Sink);
}

internal sealed unsafe class Shuffle(Register d, Register p, Register a, Register b, Register c, Register members, char mode) : Instruction
{
    public override void Execute(Warp w, uint mask) => Convergence.Groups(w, this, mask, members, Run);

    // PTX ISA, shfl.sync: a lane's segment and clamp give the range that its source must lie in.
    private void Run(Warp w, uint group)
    {
        uint* from = stackalloc uint[32];
        byte* undefined = stackalloc byte[32];
        for (int i = 0; i < 32; i++)
        {
            from[i] = w.Words(a)[i];
            undefined[i] = w.UndefinedBytes(a, i);
        }

        int origin = w.Origin[a.Index];
        uint inRange = 0, undefinedControl = (w.U[b.Index] | w.U[c.Index]) & group;
        for (uint m = group; m != 0; m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            int source = Source(lane, w.Words(b)[lane], w.Words(c)[lane], out bool valid);
            inRange |= valid ? 1u << lane : 0;
            source = valid ? source : lane;
            bool isActive = (group >> source & 1) != 0;
            if (!d.IsSink)
            {
                w.Words(d)[lane] = from[source];
                bool lost = !isActive || (undefinedControl >> lane & 1) != 0;
                w.SetUndefinedBytes(d, lane, lost ? (byte)15 : undefined[source], lost ? Index : origin);
            }
        }

        if (p.IsSink)
            return;
        w.P[p.Offset] = (w.P[p.Offset] & ~group) | inRange;
        w.U[p.Index] = (w.U[p.Index] & ~group) | undefinedControl;
    }

    private int Source(int lane, uint amount, uint control, out bool valid)
    {
        int n = (int)(amount & 31), clamp = (int)(control & 31), segment = (int)(control >> 8 & 31);
        int maximum = (lane & segment) | (clamp & ~segment), minimum = lane & segment;
        int source = mode switch
        {
            'u' => lane - n,
            'd' => lane + n,
            'b' => lane ^ n,
            _ => minimum | (n & ~segment),
        };
        valid = mode == 'u' ? source >= maximum : source <= maximum;
        return source;
    }
}

internal sealed unsafe class Vote(Register d, Register p, bool isNegated, Register members, string mode) : Instruction
{
    public override void Execute(Warp w, uint mask) => Convergence.Groups(w, this, mask, members, Run);

    private void Run(Warp w, uint group)
    {
        uint votes = (isNegated ? ~w.P[p.Offset] : w.P[p.Offset]) & group;
        uint undefined = w.U[p.Index] & group;
        uint result = mode switch
        {
            "all" => votes == group ? 1u : 0,
            "any" => votes != 0 ? 1u : 0,
            "uni" => votes == group || votes == 0 ? 1u : 0,
            _ => votes,
        };
        int origin = w.Origin[p.Index];
        for (uint m = group; m != 0; m &= m - 1)
            w.Set(d, BitOperations.TrailingZeroCount(m), result);
        if (undefined != 0)
            w.Undefine(d, group, group, origin);
    }
}

internal sealed unsafe class Match(Register d, Register p, Register a, Register members, bool all) : Instruction
{
    public override void Execute(Warp w, uint mask) => Convergence.Groups(w, this, mask, members, Run);

    private void Run(Warp w, uint group)
    {
        uint undefined = w.U[a.Index] & group;
        int origin = w.Origin[a.Index];
        ulong* values = stackalloc ulong[32];
        for (int i = 0; i < 32; i++)
            values[i] = w.Value(a, i);
        for (uint m = group; m != 0; m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            uint same = 0;
            for (uint n = group; n != 0; n &= n - 1)
            {
                int other = BitOperations.TrailingZeroCount(n);
                same |= values[other] == values[lane] ? 1u << other : 0;
            }

            w.Set(d, lane, all && same != group ? 0 : same);
            w.Set(p, lane, same == group ? 1u : 0);
        }

        if (undefined != 0)
            w.Undefine(d, group, group, origin);
    }
}

internal sealed unsafe class Redux(Register d, Register a, Register members, Func<uint, uint, uint> apply) : Instruction
{
    public override void Execute(Warp w, uint mask) => Convergence.Groups(w, this, mask, members, Run);

    private void Run(Warp w, uint group)
    {
        uint undefined = w.U[a.Index] & group;
        int origin = w.Origin[a.Index];
        uint result = w.Words(a)[BitOperations.TrailingZeroCount(group)];
        for (uint m = group & (group - 1); m != 0; m &= m - 1)
            result = apply(result, w.Words(a)[BitOperations.TrailingZeroCount(m)]);
        for (uint m = group; m != 0; m &= m - 1)
            w.Words(d)[BitOperations.TrailingZeroCount(m)] = result;
        w.Undefine(d, group, undefined != 0 ? group : 0, origin);
    }
}

internal sealed unsafe class ActiveMask(Register d) : Instruction
{
    public override void Execute(Warp w, uint mask)
    {
        for (uint m = mask; m != 0; m &= m - 1)
            w.Words(d)[BitOperations.TrailingZeroCount(m)] = mask;
        w.Define(d, mask);
    }
}

internal sealed class Elect(Register d, Register p, Register members) : Instruction
{
    public override void Execute(Warp w, uint mask) => Convergence.Groups(w, this, mask, members, Run);

    private void Run(Warp w, uint group)
    {
        int leader = BitOperations.TrailingZeroCount(group);
        for (uint m = group; m != 0; m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            w.Set(d, lane, (ulong)leader);
            w.Set(p, lane, lane == leader ? 1u : 0);
        }
    }
}

/// <summary>bar.warp.sync: lanes may come to different ones of them.</summary>
internal sealed unsafe class WarpBarrier(Register members) : Instruction
{
    public override void Execute(Warp w, uint mask)
    {
        uint named = w.Words(members)[BitOperations.TrailingZeroCount(mask)];
        uint missing = named & w.Alive & ~mask;
        if (missing != 0 && (missing & ~w.Parked) == 0 && AllAtBarriers(w, missing))
        {
            w.MeetLanes();
            w.PassParked(missing);
            return;
        }

        Convergence.Groups(w, this, mask, members, (_, _) => { });
    }

    private static bool AllAtBarriers(Warp w, uint lanes)
    {
        for (uint m = lanes; m != 0; m &= m - 1)
        {
            if (w.Code[w.LanePc[BitOperations.TrailingZeroCount(m)]] is not WarpBarrier)
                return false;
        }

        return true;
    }
}
