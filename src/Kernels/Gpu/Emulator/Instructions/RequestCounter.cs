using System.Numerics;

namespace Puna.Kernels.Gpu.Emulator.Instructions;

/// <summary>Counts what a warp's request costs: sectors of global memory, passes over the banks of shared memory.</summary>
internal static unsafe class RequestCounter
{
    private const int Banks = 32;

    /// <summary>Sectors of 32 bytes that a request touches.</summary>
    public static void Global(Warp w, uint mask, int bytes, bool isWrite)
    {
        Tally tally = w.Tally;
        long moved = (long)bytes * BitOperations.PopCount(mask);
        tally.GlobalRequests++;
        if (isWrite)
            tally.GlobalBytesWritten += moved;
        else
            tally.GlobalBytesRead += moved;
        ulong* seen = stackalloc ulong[64];
        int count = 0;
        bool isSorted = true;
        for (uint m = mask; m != 0; m &= m - 1)
        {
            ulong address = w.Addresses[BitOperations.TrailingZeroCount(m)];
            ulong first = address >> 5, last = (address + (ulong)bytes - 1) >> 5;
            for (ulong sector = first; sector <= last && count < 64; sector++)
            {
                if (count > 0 && seen[count - 1] == sector)
                    continue;
                isSorted &= count == 0 || seen[count - 1] < sector;
                seen[count++] = sector;
            }
        }

        tally.GlobalSectors += isSorted ? count : Distinct(new Span<ulong>(seen, count));
    }

    /// <summary>Passes over the banks beyond the one per 128 bytes that a request needs: 8-byte accesses go by half warps, 16-byte ones by quarters.</summary>
    public static void Shared(Warp w, uint mask, int bytes, bool isWrite)
    {
        Tally tally = w.Tally;
        long moved = (long)bytes * BitOperations.PopCount(mask);
        tally.SharedRequests++;
        if (isWrite)
            tally.SharedBytesWritten += moved;
        else
            tally.SharedBytesRead += moved;
        int lanes = bytes <= 4 ? 32 : bytes <= 8 ? 16 : 8;
        for (int start = 0; start < 32; start += lanes)
        {
            uint phase = mask & (uint)(((1UL << lanes) - 1) << start);
            if (phase != 0)
                tally.SharedConflicts += Passes(w, phase, Math.Max(1, bytes / 4)) - 1;
        }
    }

    /// <summary>The most different words that lanes want from one bank.</summary>
    private static int Passes(Warp w, uint lanes, int words)
    {
        uint* first = stackalloc uint[Banks];
        uint used = 0;
        bool conflict = false;
        for (uint m = lanes; m != 0; m &= m - 1)
        {
            uint word = (uint)(w.Addresses[BitOperations.TrailingZeroCount(m)] >> 2);
            for (int i = 0; i < words; i++, word++)
            {
                uint bank = word % Banks;
                conflict |= (used >> (int)bank & 1) != 0 && first[bank] != word;
                used |= 1u << (int)bank;
                first[bank] = word;
            }
        }

        return conflict ? CountPasses(w, lanes, words) : 1;
    }

    private static int CountPasses(Warp w, uint lanes, int words)
    {
        uint* seen = stackalloc uint[Banks * 32];
        int* counts = stackalloc int[Banks];
        new Span<int>(counts, Banks).Clear();
        int most = 1;
        for (uint m = lanes; m != 0; m &= m - 1)
        {
            uint word = (uint)(w.Addresses[BitOperations.TrailingZeroCount(m)] >> 2);
            for (int i = 0; i < words; i++, word++)
            {
                int bank = (int)(word % Banks);
                Span<uint> list = new(seen + (bank * 32), counts[bank]);
                if (list.Contains(word) || counts[bank] == 32)
                    continue;
                seen[(bank * 32) + counts[bank]++] = word;
                most = Math.Max(most, counts[bank]);
            }
        }

        return most;
    }

    private static int Distinct(Span<ulong> sectors)
    {
        sectors.Sort();
        int count = 1;
        for (int i = 1; i < sectors.Length; i++)
            count += sectors[i] != sectors[i - 1] ? 1 : 0;
        return count;
    }
}
