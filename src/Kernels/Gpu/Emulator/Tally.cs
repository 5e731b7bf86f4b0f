using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Puna.Kernels.Gpu.Emulator;

/// <summary>Counts of one team of warps; one thread writes it at a time.</summary>
internal sealed unsafe class Tally(int instructions) : IDisposable
{
    /// <summary>Executions of each instruction by a warp.</summary>
    public long* Warps { get; } = (long*)NativeMemory.AllocZeroed((nuint)instructions + 1, sizeof(long));

    /// <summary>Executions of each instruction by a thread.</summary>
    public long* Threads { get; } = (long*)NativeMemory.AllocZeroed((nuint)instructions + 1, sizeof(long));

    public long GlobalRequests { get; set; }

    public long GlobalSectors { get; set; }

    public long GlobalBytesRead { get; set; }

    public long GlobalBytesWritten { get; set; }

    public long SharedRequests { get; set; }

    public long SharedConflicts { get; set; }

    public long SharedBytesRead { get; set; }

    public long SharedBytesWritten { get; set; }

    /// <summary>The sum of several, by class.</summary>
    public static Counters Sum(IReadOnlyList<Tally> tallies, Instruction[] code)
    {
        Dictionary<InstructionClass, (long Warps, long Threads)> classes = [];
        foreach (Tally tally in tallies)
        {
            for (int i = 0; i < code.Length; i++)
            {
                if (tally.Warps[i] == 0)
                    continue;
                (long warps, long threads) = classes.GetValueOrDefault(code[i].Class);
                classes[code[i].Class] = (warps + tally.Warps[i], threads + tally.Threads[i]);
            }
        }

        ImmutableArray<InstructionCount> counts =
            [.. classes.OrderBy(c => c.Key).Select(c => new InstructionCount(c.Key, c.Value.Warps, c.Value.Threads))];
        return new Counters(
            counts, tallies.Sum(t => t.GlobalRequests), tallies.Sum(t => t.GlobalSectors), tallies.Sum(t => t.GlobalBytesRead),
            tallies.Sum(t => t.GlobalBytesWritten), tallies.Sum(t => t.SharedRequests), tallies.Sum(t => t.SharedConflicts),
            tallies.Sum(t => t.SharedBytesRead), tallies.Sum(t => t.SharedBytesWritten));
    }

    public void Dispose()
    {
        NativeMemory.Free(Warps);
        NativeMemory.Free(Threads);
    }
}
