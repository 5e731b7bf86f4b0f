using System.Numerics;

namespace Puna.Kernels.Gpu.Emulator;

/// <summary>Says who waits where.</summary>
internal static class DeadlockReport
{
    private const int MaximumNamed = 8;

    /// <summary>Reports that a team cannot go on.</summary>
    /// <param name="team">The team.</param>
    /// <param name="isSpinning">Its threads run, but nothing changes.</param>
    public static void Write(Team team, bool isSpinning)
    {
        foreach (Block block in team.Blocks)
        {
            List<string> who = [];
            Warp? first = null;
            foreach (Warp w in block.Warps)
            {
                if (w.Alive == 0)
                    continue;
                first ??= w;
                who.AddRange(Groups(w));
            }

            if (first is null)
                continue;
            int lane = BitOperations.TrailingZeroCount(first.Alive);
            Instruction at = first.StandsAt(lane);
            if (!first.IsNew(FindingKind.Deadlock, at))
                continue;
            IEnumerable<string> barriers = block.Barriers.Where(b => b.Arrived > 0).Select(b => b.Describe())
                .Concat(block.Transactions.Where(t => t.Bytes != 0 || t.Pending != t.Expected).Select(t => t.Describe()));
            string named = string.Join("; ", who.Take(MaximumNamed).Concat(barriers));
            string why = team.IsEndless ? $"The threads have not come to an end after {team.Steps} warp instructions"
                : isSpinning ? $"No thread changes anything any more: after {team.Idle} warp instructions without effect" : "No thread can go on";
            first.Report(FindingKind.Deadlock, at, lane, 0, $"{why}: {named}{(who.Count > MaximumNamed ? $"; and {who.Count - MaximumNamed} more" : "")}.");
        }
    }

    private static IEnumerable<string> Groups(Warp w)
    {
        IEnumerable<IGrouping<int, int>> groups = Enumerable.Range(0, 32).Where(l => (w.Alive >> l & 1) != 0).GroupBy(l => w.StandsAt(l).Index);
        foreach (IGrouping<int, int> group in groups)
        {
            Instruction at = w.Code[group.Key];
            string how = (w.Waiting >> group.First() & 1) != 0 ? "waits" : (w.Parked >> group.First() & 1) != 0 ? "waits for its other lanes" : "is";
            yield return $"warp {w.Index} ({group.Count()} lanes) {how} at line {at.Syntax.Line}: `{at.Syntax.Text}`";
        }
    }
}
