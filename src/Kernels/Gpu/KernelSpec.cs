using System.Collections.Immutable;

namespace Puna.Kernels.Gpu;

/// <summary>
/// What a kernel promises: shapes to try, what each call must give, how it must assemble, what it moves. Tests in the
/// emulator, checks by the assembler, checks and timings on hardware iterate over these.
/// </summary>
/// <param name="Name">The kernel, in snake case.</param>
/// <param name="Shapes">Shapes to try; the spec says what each number means. The last one is a real model's.</param>
/// <param name="Architectures">Targets that it is written for.</param>
/// <param name="Prepare">Makes the kernel for a shape and target, seeded inputs, and the expected outputs by the op's Reference.</param>
/// <param name="Bytes">Bytes that a call must read and write at least.</param>
/// <param name="Flops">Additions and multiplications of a call.</param>
/// <param name="Assembly">What the assembled code may hold, for a target.</param>
/// <param name="Mutants">Numeric mistakes that the expected outputs must reject; two at least.</param>
public sealed record KernelSpec(
    string Name,
    ImmutableArray<ImmutableArray<int>> Shapes,
    ImmutableArray<GpuArch> Architectures,
    Func<ImmutableArray<int>, GpuArch, SeededValues, KernelCall> Prepare,
    Func<ImmutableArray<int>, long> Bytes,
    Func<ImmutableArray<int>, long> Flops,
    Func<GpuArch, AssemblyBudget> Assembly,
    ImmutableArray<KernelMutant> Mutants)
{
    /// <summary>Shapes too large for the emulator: only hardware runs them, for the timings.</summary>
    /// <value>None by default.</value>
    public ImmutableArray<ImmutableArray<int>> HardwareShapes { get; init; } = [];

    /// <summary>The specs of all kernels: the property <c>Kernels</c> of each static class in this assembly that has one.</summary>
    public static ImmutableArray<KernelSpec> All { get; } =
    [
        .. typeof(KernelSpec).Assembly.GetTypes()
            .Select(t => t.GetProperty("Kernels")?.GetValue(null)).OfType<ImmutableArray<KernelSpec>>()
            .SelectMany(s => s).OrderBy(s => s.Name, StringComparer.Ordinal),
    ];
}

/// <summary>One launch with its inputs and what must come out.</summary>
/// <param name="Kernel">The kernel.</param>
/// <param name="Grid">Blocks.</param>
/// <param name="Arguments">One for each parameter, in their order.</param>
/// <param name="Expected">Buffers to compare after the launch.</param>
public sealed record KernelCall(
    GpuKernel Kernel, GpuDim Grid, ImmutableArray<KernelArgument> Arguments, ImmutableArray<ExpectedOutput> Expected);

/// <summary>A parameter of a <see cref="KernelCall"/>: a scalar's bytes, or a buffer's contents before the launch.</summary>
/// <param name="Name">Name of the buffer or scalar.</param>
/// <param name="Kind">Which of the two.</param>
/// <param name="Bytes">The scalar, or the buffer's contents; empty where <paramref name="UndefinedBytes"/> says the size.</param>
/// <param name="UndefinedBytes">Size of a buffer that the kernel must write before it reads; otherwise 0.</param>
/// <param name="Map">For <see cref="ArgumentKind.TensorMap"/>: how the buffer named <paramref name="Name"/> is laid out.</param>
public sealed record KernelArgument(
    string Name, ArgumentKind Kind, ReadOnlyMemory<byte> Bytes, long UndefinedBytes = 0, TensorMapLayout? Map = null);

/// <summary>What a parameter is.</summary>
public enum ArgumentKind
{
    /// <summary>Bytes passed by value.</summary>
    Scalar,

    /// <summary>A buffer, passed by its address.</summary>
    Buffer,

    /// <summary>A tensor map over a buffer of its own.</summary>
    TensorMap,
}

/// <summary>What a buffer holds after a launch: |got − want| ≤ absolute + relative · |want|.</summary>
/// <param name="Buffer">Name of the argument.</param>
/// <param name="Format">How its bytes are read.</param>
/// <param name="Values">The expected bytes in that format.</param>
/// <param name="Absolute">Absolute tolerance.</param>
/// <param name="Relative">Relative tolerance.</param>
public sealed record ExpectedOutput(
    string Buffer, NumberFormat Format, ReadOnlyMemory<byte> Values, double Absolute, double Relative);

/// <summary>What assembled code may hold. Checked with ptxas and nvdisasm where they are installed.</summary>
/// <param name="Registers">Registers per thread at most; spills are never allowed.</param>
/// <param name="LoopInstructions">SASS instructions of the longest loop at most; 0 where there is no loop of interest.</param>
/// <param name="Required">Mnemonics that must appear, as in <c>HMMA</c>.</param>
/// <param name="Forbidden">Mnemonics that must not appear; <c>LDL</c> and <c>STL</c> never may.</param>
public sealed record AssemblyBudget(
    int Registers, int LoopInstructions, ImmutableArray<string> Required, ImmutableArray<string> Forbidden);

/// <summary>A numeric mistake: changes a right call into one whose outputs are wrong.</summary>
/// <param name="Name">As in <c>last tile dropped</c>.</param>
/// <param name="Break">Makes the wrong call; null where the shape has no such mistake (one tile, one scale row).</param>
public sealed record KernelMutant(string Name, Func<KernelCall, ImmutableArray<int>, KernelCall?> Break);
