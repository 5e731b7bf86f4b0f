namespace Puna.Kernels.Gpu;

/// <summary>
/// A kernel as a GPU loads it: code, entry and the shape of a block. Whoever wrote the code: this library, nvcc,
/// Triton or ILGPU.
/// </summary>
public sealed record GpuKernel
{
    /// <summary>A kernel of PTX text; ASCII.</summary>
    /// <param name="ptx">The text of the whole module.</param>
    /// <param name="entry">Name of the entry in it.</param>
    /// <param name="block">Threads of a block.</param>
    public static GpuKernel FromPtx(string ptx, string entry, GpuDim block) => new(entry, block) { Ptx = ptx };

    /// <summary>A kernel that has been assembled already, for one architecture.</summary>
    /// <param name="cubin">The ELF image.</param>
    /// <param name="entry">Name of the entry in it.</param>
    /// <param name="block">Threads of a block.</param>
    public static GpuKernel FromCubin(ReadOnlyMemory<byte> cubin, string entry, GpuDim block) => new(entry, block) { Cubin = cubin };

    private GpuKernel(string entry, GpuDim block) => (Entry, Block) = (entry, block);

    /// <summary>Name of the entry.</summary>
    public string Entry { get; }

    /// <summary>Threads of a block.</summary>
    public GpuDim Block { get; }

    /// <summary>The text, or null where there is a cubin.</summary>
    public string? Ptx { get; private init; }

    /// <summary>The ELF image; empty where there is text.</summary>
    public ReadOnlyMemory<byte> Cubin { get; private init; }

    /// <summary>Bytes of <c>.extern .shared</c> memory that a launch provides.</summary>
    /// <value>0 by default.</value>
    public int DynamicSharedBytes { get; init; }

    /// <summary>Blocks of a cluster, given at the launch; null where the kernel has none or its text fixes it.</summary>
    public GpuDim? Cluster { get; init; }

    /// <summary>Starts while its predecessor in the stream still runs, and waits for it by <c>griddepcontrol.wait</c>.</summary>
    /// <value>false by default.</value>
    public bool StartsEarly { get; init; }
}
