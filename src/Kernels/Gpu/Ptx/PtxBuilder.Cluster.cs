using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

/// <summary>A pointer into the shared memory of a block of the cluster: 32 bits; sm_90.</summary>
/// <typeparam name="T">What it points at.</typeparam>
public readonly struct ClusterShared<T> where T : struct, IRegister<T>
{
    private readonly PtxBuilder _kernel;
    private readonly Value _address;

    internal ClusterShared(PtxBuilder kernel, Value address) => (_kernel, _address) = (kernel, address);

    /// <summary>Loads or stores an element in the other block.</summary>
    /// <param name="index">Which; part of the instruction.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public T this[int index, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0]
    {
        get
        {
            _kernel.Require("ld.shared::cluster", 78, GpuArch.Sm90);
            T value = _kernel.Result<T>($"ld.shared::cluster.{T.ElementType.Memory}", Operand(index));
            value.Value!.Varies = true; // a register
            _kernel.At(file, line);
            return value;
        }
        set
        {
            _kernel.Emit($"st.shared::cluster.{T.ElementType.Memory}", 78, GpuArch.Sm90, Operand(index), value.Value);
            _kernel.At(file, line);
        }
    }

    internal Operand Operand(int index) => Ptx.Operand.Address(_address, (long)index * T.ElementType.Bytes);
}

public sealed partial class PtxBuilder
{
    /// <summary>The block's place in its cluster, over all dimensions; sm_90.</summary>
    public U32 ClusterRank
    {
        get
        {
            Require("the place in the cluster", 78, GpuArch.Sm90);
            return U32.Of(Special("%cluster_ctarank", "block_in_cluster", varies: false));
        }
    }

    /// <summary>Blocks of the cluster; sm_90.</summary>
    public U32 ClusterSize
    {
        get
        {
            Require("the size of the cluster", 78, GpuArch.Sm90);
            return U32.Of(Special("%cluster_nctarank", "cluster_size", varies: false));
        }
    }

    /// <summary>Waits for all threads of the cluster, and orders their accesses to memory; sm_90.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void ClusterBarrier([CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ClusterArrive(file, line);
        ClusterWait(file, line);
    }

    /// <summary>The first half of <see cref="ClusterBarrier"/>; the thread goes on.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void ClusterArrive([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ClusterHalf("barrier.cluster.arrive.release.aligned", file, line);

    /// <summary>The second half of <see cref="ClusterBarrier"/>.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void ClusterWait([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        ClusterHalf("barrier.cluster.wait.acquire.aligned", file, line);

    /// <summary>The same place in the shared memory of another block of the cluster (<c>mapa</c>); sm_90.</summary>
    /// <typeparam name="T">What it points at.</typeparam>
    /// <param name="place">In this block.</param>
    /// <param name="block">The block's rank in the cluster.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public ClusterShared<T> InBlock<T>(Shared<T> place, U32 block, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
        where T : struct, IRegister<T>
    {
        Require("mapa.shared::cluster.u32", 78, GpuArch.Sm90);
        U32 address = Result<U32>("mapa.shared::cluster.u32", place.Address.Value, block.Value);
        At(file, line);
        return new(this, address.Value!); // Result gives a register
    }

    /// <summary>
    /// Stores 4 or 8 bytes in another block of the cluster and counts them on a barrier there (<c>st.async</c>); sm_90.
    /// </summary>
    /// <typeparam name="T">A type of 4 or 8 bytes.</typeparam>
    /// <param name="target">Where.</param>
    /// <param name="value">What.</param>
    /// <param name="barrier">In the same block as <paramref name="target"/>; it must have been told to expect the bytes.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void StoreAsync<T>(ClusterShared<T> target, T value, ClusterShared<U64> barrier, [CallerFilePath] string file = "",
        [CallerLineNumber] int line = 0) where T : struct, IRegister<T>
    {
        if (T.ElementType.Bytes is not (4 or 8))
            throw Fail($"StoreAsync stores {T.ElementType.Name}, but a type of 4 or 8 bytes was expected");
        string type = T.ElementType.Bytes == 4 ? "b32" : "b64";
        Emit($"st.async.weak.shared::cluster.mbarrier::complete_tx::bytes.{type}", 81, GpuArch.Sm90,
            target.Operand(0), InRegister(value.Value), barrier.Operand(0));
        At(file, line);
    }

    /// <summary>A barrier of another block of the cluster, for <see cref="StoreAsync{T}"/>.</summary>
    /// <param name="barrier">In this block.</param>
    /// <param name="block">The block's rank in the cluster.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public ClusterShared<U64> InBlock(Mbarrier barrier, U32 block, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        InBlock(new Shared<U64>(barrier.Place), block, file, line);

    private void ClusterHalf(string opcode, string file, int line)
    {
        Emit(opcode, 80, GpuArch.Sm90);
        At(file, line);
    }
}
