using System.Text.RegularExpressions;

namespace Puna.Kernels.Gpu.Ptx;

/// <summary>
/// Writes the PTX text of one kernel while a C# program runs: each operator and method writes its instructions in the
/// order in which the program gets there. C# loops and conditions decide what is written; <see cref="For(U32, U32, U32, Action{U32}, int, string?, string?, string, int)"/>
/// and <see cref="If"/> write loops and branches. PTX ISA 8.4, https://docs.nvidia.com/cuda/parallel-thread-execution.
/// </summary>
public sealed partial class PtxBuilder
{
    private readonly KernelOptions _options;
    private readonly List<Line> _prologue = [];
    private readonly List<Line> _lines = [];
    private readonly List<Value> _registers = [];
    private readonly Scope _root = new(null, diverges: false);
    private Scope _scope;
    private int _depth;
    private bool _isFinished;

    private PtxBuilder(string name, GpuArch arch, GpuDim threads, KernelOptions options)
    {
        (Name, Arch, Threads, _options, _scope) = (name, arch, threads, options, _root);
        _requiredPtx = LowestPtx(arch);
        ClaimSymbol(name, "kernel");
        CheckShape();
    }

    /// <summary>Name of the entry.</summary>
    public string Name { get; }

    /// <summary>The target: ask it where the chip decides how to write something.</summary>
    public GpuArch Arch { get; }

    /// <summary>Threads of a block; a constant in the text.</summary>
    public GpuDim Threads { get; }

    /// <summary>Writes a kernel.</summary>
    /// <param name="name">Name of the entry: ASCII letters, digits and underscores.</param>
    /// <param name="arch">The target. The text's <c>.version</c> is the lowest that covers target and instructions.</param>
    /// <param name="threads">Threads of a block.</param>
    /// <param name="body">The program.</param>
    /// <param name="options">What else the text says; nothing by default.</param>
    /// <exception cref="KernelException">The program made a mistake; the message names kernel and C# line.</exception>
    public static GpuKernel Kernel(string name, GpuArch arch, GpuDim threads, Action<PtxBuilder> body, KernelOptions? options = null)
    {
        PtxBuilder k = new(name, arch, threads, options ?? new KernelOptions());
        body(k);
        return k.Finish();
    }

    /// <summary>A kernel's text without the comments that name C# lines, so that moving C# code does not change it.</summary>
    /// <param name="ptx">What <see cref="Kernel"/> made.</param>
    public static string WithoutSourceLines(string ptx) => SourceComment().Replace(ptx, "");

    [GeneratedRegex(@"^ *// \S+\.cs:\d+\n", RegexOptions.Multiline)]
    private static partial Regex SourceComment();

    private GpuKernel Finish()
    {
        if (_options.StartsEarly && !_waitsForPredecessors)
            throw Fail("the kernel starts early, but never waits for its predecessors (it would read what they still write). Call WaitForPredecessors");
        Attribute(null);
        _isFinished = true;
        _root.IsClosed = true;
        MoveFolding.Run(_lines, _registers);
        return GpuKernel.FromPtx(PtxWriter.Write(this), Name, Threads) with
        {
            DynamicSharedBytes = _dynamicSharedBytes,
            StartsEarly = _options.StartsEarly,
        };
    }

    private void CheckShape()
    {
        if (Threads.X < 1 || Threads.Y < 1 || Threads.Z is < 1 or > 64 || Threads.Count > 1024)
            throw Fail($"a block of {Threads} threads, but 1 to 1024 were expected (at most 64 of them in z)");
        if (_options.MaxRegisters is < 16 or > 255)
            throw Fail($"MaxRegisters is {_options.MaxRegisters}, but 16 to 255 were expected");
        if (_options.MinBlocksPerSm is < 1 or > 32)
            throw Fail($"MinBlocksPerSm is {_options.MinBlocksPerSm}, but 1 to 32 were expected");
        if (_options.Cluster is { } cluster)
        {
            Require("a cluster", 78, GpuArch.Sm90);
            if (cluster.X < 1 || cluster.Y < 1 || cluster.Z < 1 || cluster.Count > 8)
                throw Fail($"a cluster of {cluster} blocks, but 1 to 8 were expected");
        }
    }

    internal KernelOptions Options => _options;

    internal IReadOnlyList<Line> Prologue => _prologue;

    internal IReadOnlyList<Line> Lines => _lines;

    internal IReadOnlyList<Value> Registers => _registers;
}
