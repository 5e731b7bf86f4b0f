using System.Diagnostics;
using Puna.Kernels;
using Puna.Kernels.Cpu;

namespace Puna.Tools.Measure;

/// <summary>Measures a machine's roofs: the best of many passes counts, since nothing makes a pass too fast.</summary>
/// <param name="machine">The machine.</param>
/// <param name="threads">Threads that work at once.</param>
/// <param name="effort">How long each roof is tried.</param>
internal sealed class RoofMeter(Machine machine, int threads, Effort effort)
{
    private const int ChunkBytes = 2 << 20, LeastMemoryBytes = 256 << 20, Repeats = 32, Rounds = 20_000, ItemsPerThread = 8;

    /// <summary>Measures all of them.</summary>
    public Roofs Measure()
    {
        long bytes = Math.Max(LeastMemoryBytes, 8 * (machine.L3Bytes ?? 0)) / ChunkBytes * ChunkBytes;
        long? before = Machine.LargePageBytes();
        using HostBuffer from = Filled(bytes), to = Filled(bytes);
        string pages = PageKind(Machine.LargePageBytes() - before, 2 * bytes);
        Roofs roofs = new(threads, Twice(pool => Read(pool, from, bytes, ChunkBytes, repeats: 1)), Twice(pool => Copy(pool, from, to, bytes)),
            machine.L3Bytes is { } l3 ? Twice(pool => Read(pool, from, Whole(l3 / 2), ChunkBytes / 8, Repeats)) : null,
            machine.L2Bytes is { } l2 ? Twice(pool => Read(pool, from, Whole(l2 / 2) * pool.ThreadCount, (int)Whole(l2 / 2), Repeats)) : null,
            Arithmetic(ActivationType.F32) ?? Twice(MultiplyAdd), Arithmetic(ActivationType.BF16), Arithmetic(ActivationType.I8), pages);
        return roofs;
    }

    private static long Whole(long bytes) => bytes / (ChunkBytes / 8) * (ChunkBytes / 8);

    private static HostBuffer Filled(long bytes)
    {
        HostBuffer buffer = HostBuffer.Allocate(bytes);
        for (long at = 0; at < bytes; at += ChunkBytes)
            buffer.Span<byte>(at, ChunkBytes).Fill((byte)(1 + at / ChunkBytes));   // a page that was never written is none
        return buffer;
    }

    private static string PageKind(long? largeBytes, long bytes) => largeBytes switch
    {
        null => "not known",
        var large when large >= 0.9 * bytes => "large",
        var large when large <= 0.1 * bytes => "small",
        _ => "mixed",
    };

    /// <summary>Of one thread, and of all.</summary>
    private Peak Twice(Func<CpuPool, double> rate)
    {
        using CpuPool one = new(1), all = new(threads);
        double single = rate(one);
        return new Peak(single, threads == 1 ? single : Math.Max(single, rate(all)));   // less is other programs' doing
    }

    private double Read(CpuPool pool, HostBuffer buffer, long bytes, int chunk, int repeats) => Math.Max(
        Read(pool, buffer, bytes, chunk, repeats, prefetchBytes: 0), Read(pool, buffer, bytes, chunk, repeats, prefetchBytes: 4096));

    private double Read(CpuPool pool, HostBuffer buffer, long bytes, int chunk, int repeats, int prefetchBytes) =>
        Best(bytes * (double)repeats, () => pool.Run((int)(bytes / chunk), (buffer, chunk, repeats, prefetchBytes),
            static (in (HostBuffer Buffer, int Chunk, int Repeats, int Prefetch) w, int i) =>
            {
                for (int r = 0; r < w.Repeats; r++)
                    RoofLoops.Read(w.Buffer, (long)i * w.Chunk, w.Chunk, w.Prefetch);
            }));

    private double Copy(CpuPool pool, HostBuffer from, HostBuffer to, long bytes) => Best(2.0 * bytes,
        () => pool.Run((int)(bytes / ChunkBytes), (from, to), static (in (HostBuffer From, HostBuffer To) w, int i) =>
            RoofLoops.Copy(w.From, w.To, (long)i * ChunkBytes, ChunkBytes)));

    private Peak? Arithmetic(ActivationType activations)
    {
        using RoofCode? code = RoofCode.Create(activations, X64Features.Detect());
        return code is null ? null : Twice(pool => Best((double)code.OperationsPerRound * Rounds * ItemsPerThread * pool.ThreadCount,
            () => pool.Run(ItemsPerThread * pool.ThreadCount, code, static (in RoofCode c, int _) => c.Run(Rounds))));
    }

    private double MultiplyAdd(CpuPool pool)
    {
        int lanes = RoofLoops.MultiplyAdd(1, 0.5f).Lanes;
        return Best(2.0 * lanes * RoofLoops.ChainCount * Rounds * ItemsPerThread * pool.ThreadCount,
            () => pool.Run(ItemsPerThread * pool.ThreadCount, 0.5f, static (in float factor, int _) => RoofLoops.MultiplyAdd(Rounds, factor)));
    }

    /// <summary>The best rate, in 10⁹ per second.</summary>
    /// <param name="amount">What a pass does.</param>
    /// <param name="pass">Does it.</param>
    private double Best(double amount, Action pass)
    {
        pass();   // the compiler's share
        long start = Stopwatch.GetTimestamp();
        double least = double.PositiveInfinity;
        for (int i = 0; i < effort.LeastSamples || Stopwatch.GetElapsedTime(start) < effort.RoofTime; i++)
        {
            long before = Stopwatch.GetTimestamp();
            pass();
            least = Math.Min(least, Stopwatch.GetElapsedTime(before).TotalNanoseconds);
        }

        return amount / least;
    }
}
