using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

public sealed partial class PtxBuilder
{
    /// <summary>
    /// The sum over the block, in every thread: each warp by <see cref="WarpSum(F32, string, int)"/>, then the warps'
    /// sums in their order, so the order depends on the size of the block alone. Has two barriers.
    /// </summary>
    /// <param name="value">What each thread gives.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public F32 BlockSum(F32 value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        BlockReduce(value, "block_sums", v => WarpSum(v, file, line), (a, b) => a + b, file, line);

    /// <summary>The largest over the block, in every thread; as <see cref="BlockSum"/>. NaN counts as nothing where there is a number.</summary>
    /// <param name="value">What each thread gives.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public F32 BlockMax(F32 value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        BlockReduce(value, "block_maxima", v => WarpMax(v, file, line), (a, b) => F32.Max(a, b, file, line), file, line);

    private F32 BlockReduce(F32 value, string name, Func<F32, F32> warp, Func<F32, F32, F32> combine, string file, int line)
    {
        if (Threads.Count % 32 != 0 || Threads.Y != 1 || Threads.Z != 1)
            throw Fail($"a block of {Threads} threads was reduced, but one row of whole warps was expected (a multiple of 32)");
        F32 total = warp(value);
        int warps = Threads.X / 32;
        if (warps > 1)
        {
            Shared<F32> partial = ReductionArray(name, warps);
            U32 lane = ThreadX & 31, warpIndex = ThreadX >> 5;
            If(lane == 0, () => partial[warpIndex, null, file, line] = total, null, file, line);
            Barrier(Arrival.Uniform, file, line);
            total = Enumerable.Range(0, warps).Select(w => partial[w, file, line]).Aggregate(combine);
            Barrier(Arrival.Uniform, file, line);
        }

        total = Copy(total, file, line);
        total.Value!.Varies = false; // Copy gives a register; every thread has added the same numbers
        At(file, line);
        return total;
    }

    // later reductions use the same memory: the second barrier has ended its reads
    private Shared<F32> ReductionArray(string name, int warps)
    {
        if (_reductions.TryGetValue(name, out Shared<F32> known))
            return known;
        return _reductions[name] = SharedArray<F32>(NewSymbol(name), warps);
    }

    private readonly Dictionary<string, Shared<F32>> _reductions = [];
}
