using System.Numerics;

namespace Puna.Kernels.Gpu.Emulator.Instructions;

/// <summary>Waits until the lanes that must execute an instruction together have come to it.</summary>
internal static unsafe class Convergence
{
    /// <summary>For an <c>.aligned</c> instruction: all lanes of the warp must be here.</summary>
    /// <returns>false where the lanes have been parked: return at once.</returns>
    public static bool Whole(Warp w, Instruction instruction, uint mask)
    {
        uint missing = w.Alive & ~mask;
        if (missing == 0)
            return true;
        if (!w.TakeForced())
        {
            w.Park(mask, instruction);
            return false;
        }

        Report(w, instruction, mask, missing);
        return true;
    }

    /// <summary>For an aligned barrier, as <see cref="Whole"/>: lanes that have exited are missing too.</summary>
    public static bool WholeBarrier(Warp w, Instruction instruction, uint mask)
    {
        if (!Whole(w, instruction, mask))
            return false;
        if (w.Exited != 0 && w.IsNew(FindingKind.DivergentBarrier, instruction))
        {
            w.Report(FindingKind.DivergentBarrier, instruction, BitOperations.TrailingZeroCount(mask), 0,
                $"Lanes 0x{w.Exited:x8} of the warp have exited and never come to this barrier, which all threads of a warp must execute together.");
        }

        return true;
    }

    /// <summary>
    /// For a <c>.sync</c> instruction with a member mask: calls <paramref name="run"/> for each group of lanes that is
    /// complete, and parks the others.
    /// </summary>
    public static void Groups(Warp w, Instruction instruction, uint mask, Register members, Action<Warp, uint> run)
    {
        bool forced = w.TakeForced();
        uint left = mask, parked = 0;
        uint undefined = w.U[members.Index] & mask;
        if (undefined != 0 && w.IsNew(FindingKind.UndefinedValue, instruction))
            w.Report(FindingKind.UndefinedValue, instruction, BitOperations.TrailingZeroCount(undefined), 0, $"The member mask is undefined ({w.OriginOf(members)}).");
        while (left != 0)
        {
            uint named = w.Words(members)[BitOperations.TrailingZeroCount(left)], group = 0;
            for (uint m = left; m != 0; m &= m - 1)
            {
                int lane = BitOperations.TrailingZeroCount(m);
                if (w.Words(members)[lane] == named)
                    group |= 1u << lane;
            }

            left &= ~group;
            uint missing = named & w.Alive & ~group;
            if (missing != 0 && !forced)
            {
                parked |= group;
                continue;
            }

            if (missing != 0)
                Report(w, instruction, group, missing);
            CheckNamed(w, instruction, group, named);
            w.MeetLanes();
            run(w, group);
        }

        if (parked != 0)
            w.Park(parked, instruction);
    }

    private static void CheckNamed(Warp w, Instruction instruction, uint group, uint named)
    {
        if ((group & ~named) != 0 && w.IsNew(FindingKind.Misuse, instruction))
        {
            int lane = BitOperations.TrailingZeroCount(group & ~named);
            w.Report(FindingKind.Misuse, instruction, lane, 0, $"Lane {lane} executes it, but the member mask 0x{named:x8} does not name that lane.");
        }
    }

    private static void Report(Warp w, Instruction instruction, uint here, uint missing)
    {
        if (!w.IsNew(FindingKind.DivergentBarrier, instruction))
            return;
        int other = BitOperations.TrailingZeroCount(missing);
        w.Report(FindingKind.DivergentBarrier, instruction, BitOperations.TrailingZeroCount(here), 0,
            $"Lanes 0x{here:x8} execute it without lanes 0x{missing:x8}, which must take part: lane {other} stands at line {w.StandsAt(other).Syntax.Line} (`{w.StandsAt(other).Syntax.Text}`).");
    }
}
