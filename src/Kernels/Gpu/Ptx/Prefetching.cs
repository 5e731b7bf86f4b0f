using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

/// <summary>Hints about memory that will be read.</summary>
public static class Prefetching
{
    /// <summary><c>prefetch.global.L2</c>: brings the line of element 0 into the second-level cache; nobody waits.</summary>
    /// <param name="place">A pointer to the element.</param>
    /// <param name="eviction">How long the cache keeps it; First is for loads only.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static void Prefetch<T>(this Global<T> place, L2Eviction eviction = L2Eviction.Normal, [CallerFilePath] string file = "",
        [CallerLineNumber] int line = 0) where T : struct, IElement<T>
    {
        PtxBuilder k = place.Place.Builder();
        string opcode = eviction switch
        {
            L2Eviction.Normal => "prefetch.global.L2",
            L2Eviction.Last => "prefetch.global.L2::evict_last",
            _ => throw k.Fail("a prefetch is to be evicted first, but it can be kept normally or last"),
        };
        if (eviction == L2Eviction.Last)
            k.Require(opcode, 74, GpuArch.Sm80);
        k.Emit(opcode, place.Place.Operand);
        k.At(file, line);
    }
}
