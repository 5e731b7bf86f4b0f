using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

/// <summary>How an asynchronous copy treats its source.</summary>
public readonly record struct CopyOptions
{
    /// <summary>Bytes that are read; the rest of the target becomes zero. null for all.</summary>
    /// <value>null by default.</value>
    public U32? SourceBytes { get; init; }

    /// <summary>In the second-level cache; made by <see cref="PtxBuilder.CachePolicy"/>.</summary>
    /// <value>null by default.</value>
    public U64? Policy { get; init; }

    /// <summary>Into the second-level cache.</summary>
    /// <value>None by default.</value>
    public L2Prefetch Prefetch { get; init; }
}

public sealed partial class PtxBuilder
{
    /// <summary>
    /// Copies from global to shared memory behind the thread's back (<c>cp.async</c>): nobody may touch the target until
    /// the thread has waited for its group and a barrier has told the others.
    /// </summary>
    /// <typeparam name="T">What the pointers point at; any.</typeparam>
    /// <param name="target">Aligned to <paramref name="bytes"/>.</param>
    /// <param name="source">Aligned to <paramref name="bytes"/>.</param>
    /// <param name="bytes">16, past the first-level cache; 8 or 4, through it.</param>
    /// <param name="options">Zero fill and caches.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void CopyAsync<T>(Shared<T> target, Global<T> source, int bytes = 16, CopyOptions options = default,
        [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) where T : struct, IElement<T>
    {
        if (bytes is not (4 or 8 or 16))
            throw Fail($"CopyAsync copies {bytes} bytes, but 4, 8 or 16 were expected");
        if (options.SourceBytes is { Value: { IsConstant: true } read } && read.Bits > (ulong)bytes)
            throw Fail($"CopyAsync reads {read.Bits} of {bytes} bytes");
        string hints = (options.Policy is null ? "" : ".L2::cache_hint") + options.Prefetch switch
        {
            L2Prefetch.Bytes64 => ".L2::64B",
            L2Prefetch.Bytes128 => ".L2::128B",
            L2Prefetch.Bytes256 => ".L2::256B",
            _ => "",
        };
        string opcode = $"cp.async.{(bytes == 16 ? "cg" : "ca")}.shared.global{hints}";
        Operand[] zeroFill = options.SourceBytes is { } present ? [present.Value] : [];
        Operand[] policy = options.Policy is { } hint ? [hint.Value] : [];
        Emit(opcode, hints.Length > 0 ? 74 : 70, GpuArch.Sm80, [target.Place.Operand, source.Place.Operand, bytes, .. zeroFill, .. policy]);
        At(file, line);
    }

    /// <summary>Closes a group of the thread's copies by <see cref="CopyAsync{T}"/>; an empty one is complete at once.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void CommitCopies([CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        Emit("cp.async.commit_group");
        At(file, line);
    }

    /// <summary>Waits until at most the newest <paramref name="pending"/> groups of the thread's copies are under way.</summary>
    /// <param name="pending">0 waits for all.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void WaitCopies(int pending, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        if (pending < 0)
            throw Fail($"WaitCopies leaves {pending} groups, but 0 or more were expected");
        Emit("cp.async.wait_group", pending);
        At(file, line);
    }
}
