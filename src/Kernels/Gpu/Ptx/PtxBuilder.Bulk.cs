using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

/// <summary>What a group of bulk copies is waited for.</summary>
public enum BulkWait
{
    /// <summary>Its writes are done and seen.</summary>
    Complete,

    /// <summary>Its sources in shared memory have been read and may be overwritten.</summary>
    Read,
}

/// <summary>Accesses that <see cref="PtxBuilder.FenceAsyncProxy"/> orders.</summary>
public enum ProxyMemory
{
    /// <summary>To the block's shared memory.</summary>
    Shared,

    /// <summary>To global memory.</summary>
    Global,

    /// <summary>To any memory.</summary>
    All,
}

public sealed partial class PtxBuilder
{
    /// <summary>
    /// Copies a run of bytes from global to shared memory (<c>cp.async.bulk</c>), issued by one thread; sm_90. The barrier
    /// counts the bytes, which must have been announced by <see cref="Mbarrier.ArriveExpecting"/> in the same phase.
    /// </summary>
    /// <typeparam name="T">What the pointers point at; any.</typeparam>
    /// <param name="target">Aligned to 16 bytes.</param>
    /// <param name="source">Aligned to 16 bytes.</param>
    /// <param name="bytes">A multiple of 16.</param>
    /// <param name="barrier">Counts the bytes.</param>
    /// <param name="policy">In the second-level cache; made by <see cref="CachePolicy"/>.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void CopyBulk<T>(Shared<T> target, Global<T> source, U32 bytes, Mbarrier barrier, U64? policy = null,
        [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) where T : struct, IElement<T>
    {
        CheckBulk("CopyBulk", bytes);
        string hint = policy is null ? "" : ".L2::cache_hint";
        Emit($"cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes{hint}", 80, GpuArch.Sm90,
            [target.Place.Operand, source.Place.Operand, bytes.Value, barrier.Place.Operand, .. Optional(policy)]);
        At(file, line);
    }

    /// <summary>Copies a run of bytes from shared to global memory, as part of the thread's bulk group; sm_90.</summary>
    /// <typeparam name="T">What the pointers point at; any.</typeparam>
    /// <param name="target">Aligned to 16 bytes.</param>
    /// <param name="source">Aligned to 16 bytes; written before a <see cref="FenceAsyncProxy"/>.</param>
    /// <param name="bytes">A multiple of 16.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void CopyBulk<T>(Global<T> target, Shared<T> source, U32 bytes, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
        where T : struct, IElement<T>
    {
        CheckBulk("CopyBulk", bytes);
        Emit("cp.async.bulk.global.shared::cta.bulk_group", 80, GpuArch.Sm90, target.Place.Operand, source.Place.Operand, bytes.Value);
        At(file, line);
    }

    /// <summary>Adds a run of numbers in shared memory to those in global memory, each atomically, in no order; sm_90.</summary>
    /// <typeparam name="T">F32, I32, U32, U64, F16 or BF16.</typeparam>
    /// <param name="target">Aligned to 16 bytes.</param>
    /// <param name="source">Aligned to 16 bytes; written before a <see cref="FenceAsyncProxy"/>.</param>
    /// <param name="bytes">A multiple of 16.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void AddBulk<T>(Global<T> target, Shared<T> source, U32 bytes, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
        where T : struct, IRegister<T>
    {
        CheckBulk("AddBulk", bytes);
        string type = T.ElementType.Suffix switch
        {
            "f32" or "s32" or "u32" or "u64" => T.ElementType.Suffix,
            "f16" or "bf16" => $"noftz.{T.ElementType.Suffix}",
            _ => throw Fail($"AddBulk adds {T.ElementType.Name}, but F32, I32, U32, U64, F16 or BF16 were expected"),
        };
        Emit($"cp.reduce.async.bulk.global.shared::cta.bulk_group.add.{type}", 80, GpuArch.Sm90,
            target.Place.Operand, source.Place.Operand, bytes.Value);
        At(file, line);
    }

    /// <summary>Brings a run of bytes into the second-level cache; nobody waits for it; sm_90.</summary>
    /// <typeparam name="T">What the pointer points at; any.</typeparam>
    /// <param name="source">Aligned to 16 bytes.</param>
    /// <param name="bytes">A multiple of 16.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void PrefetchBulk<T>(Global<T> source, U32 bytes, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
        where T : struct, IElement<T>
    {
        CheckBulk("PrefetchBulk", bytes);
        Emit("cp.async.bulk.prefetch.L2.global", 80, GpuArch.Sm90, source.Place.Operand, bytes.Value);
        At(file, line);
    }

    /// <summary>Closes a group of the thread's bulk and tensor copies to global memory; sm_90.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void CommitBulk([CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        Emit("cp.async.bulk.commit_group", 80, GpuArch.Sm90);
        At(file, line);
    }

    /// <summary>Waits until at most the newest <paramref name="pending"/> bulk groups of the thread are under way; sm_90.</summary>
    /// <param name="pending">0 waits for all.</param>
    /// <param name="wait">For their end, or for their sources only.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void WaitBulk(int pending, BulkWait wait = BulkWait.Complete, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        if (pending < 0)
            throw Fail($"WaitBulk leaves {pending} groups, but 0 or more were expected");
        Emit($"cp.async.bulk.wait_group{(wait == BulkWait.Read ? ".read" : "")}", 80, GpuArch.Sm90, pending);
        At(file, line);
    }

    /// <summary>
    /// Orders this thread's ordinary accesses before it against asynchronous ones behind it (bulk and tensor copies,
    /// wgmma): by each thread that wrote, before the barrier that precedes the copy or product; sm_90.
    /// </summary>
    /// <param name="memory">Which accesses.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void FenceAsyncProxy(ProxyMemory memory = ProxyMemory.Shared, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        string suffix = memory switch
        {
            ProxyMemory.Shared => ".shared::cta",
            ProxyMemory.Global => ".global",
            _ => "",
        };
        Emit($"fence.proxy.async{suffix}", 80, GpuArch.Sm90);
        At(file, line);
    }

    private static Operand[] Optional(U64? value) => value is { } given ? [given.Value] : [];

    private void CheckBulk(string method, U32 bytes)
    {
        if (bytes.Value is { IsConstant: true } constant && (constant.Bits == 0 || constant.Bits % 16 != 0))
            throw Fail($"{method} moves {constant.Bits} bytes, but a multiple of 16 was expected");
    }
}
