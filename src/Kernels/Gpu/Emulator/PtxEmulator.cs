using System.Globalization;
using Puna.Kernels.Gpu.Emulator.Memory;
using Puna.Kernels.Gpu.Emulator.Syntax;

namespace Puna.Kernels.Gpu.Emulator;

/// <summary>A program with its variables in device memory.</summary>
internal sealed class LoadedProgram(PtxProgram program, IReadOnlyDictionary<string, ulong> symbols)
{
    public PtxProgram Program => program;

    /// <summary>Addresses of the module's variables.</summary>
    public IReadOnlyDictionary<string, ulong> Symbols => symbols;
}

/// <summary>Runs PTX on the CPU.</summary>
/// <param name="memory">The device's memory.</param>
/// <param name="options">How.</param>
internal sealed unsafe class PtxEmulator(EmulatedMemory memory, EmulatorOptions options)
{
    private const int MaximumThreads = 1024;

    /// <summary>Parses, decodes, and places the module's variables in memory.</summary>
    /// <exception cref="DeviceException">The text is refused.</exception>
    public LoadedProgram Load(string ptx, string entry)
    {
        PtxProgram program = PtxProgram.Decode(ptx, entry, options.Arch);
        Dictionary<string, ulong> symbols = [];
        foreach (VariableSyntax v in program.Variables)
            symbols[v.Name] = memory.Allocate(Math.Max(1, v.Bytes), v.Space == StateSpace.Const ? MemoryKind.Constant : MemoryKind.Variable, v.Name.Split('#')[0]).Address;
        foreach (VariableSyntax v in program.Variables)
            memory.Write(symbols[v.Name], Initial(v, symbols, program.Functions));
        return new LoadedProgram(program, symbols);
    }

    /// <summary>Runs a kernel to its end, alone.</summary>
    /// <param name="loaded">The kernel.</param>
    /// <param name="grid">Blocks.</param>
    /// <param name="threads">Threads of a block.</param>
    /// <param name="arguments">The bytes of each parameter; those of the last ones may be missing, and then are undefined: Triton adds pointers that it does not use.</param>
    /// <param name="dynamicSharedBytes">Dynamic shared memory of a block.</param>
    /// <param name="cluster">Blocks of a cluster; null for what the text says.</param>
    /// <exception cref="DeviceException">The launch does not fit the kernel.</exception>
    public LaunchReport Launch(
        LoadedProgram loaded, GpuDim grid, GpuDim threads, IReadOnlyList<ReadOnlyMemory<byte>> arguments, int dynamicSharedBytes = 0, GpuDim? cluster = null)
    {
        using StartedLaunch launch = Begin(loaded, grid, threads, arguments, dynamicSharedBytes, cluster);
        launch.RunToEnd();
        return launch.Finish();
    }

    /// <summary>As <see cref="Launch"/>, but nothing runs yet.</summary>
    public StartedLaunch Begin(
        LoadedProgram loaded, GpuDim grid, GpuDim threads, IReadOnlyList<ReadOnlyMemory<byte>> arguments, int dynamicSharedBytes, GpuDim? cluster)
    {
        PtxProgram program = loaded.Program;
        Check(program, grid, threads, arguments, dynamicSharedBytes, cluster);
        Allocation parameters = memory.Allocate(Math.Max(1, program.ParameterBytes), MemoryKind.Parameters, "parameters");
        for (int i = 0; i < arguments.Count; i++)
            memory.Write(parameters.Address + (ulong)program.Parameters[i].Offset, arguments[i].Span);
        Dictionary<string, ulong> symbols = new(loaded.Symbols) { [RegisterFile.ParameterBlock] = parameters.Address };
        return new StartedLaunch(
            new LaunchContext(program, memory, options, grid, threads, ClusterOf(program, cluster), dynamicSharedBytes, symbols), parameters);
    }

    private static GpuDim ClusterOf(PtxProgram program, GpuDim? cluster) => cluster ?? program.Bounds.Cluster ?? 1;

    private static byte[] Initial(VariableSyntax v, Dictionary<string, ulong> symbols, IReadOnlyDictionary<string, ulong> functions)
    {
        byte[] bytes = new byte[Math.Max(1, v.Bytes)];
        int size = v.Type.Bytes();
        if ((long)v.Values.Length * size > bytes.Length)
            throw new DeviceException($"PTX line {v.Line}: {v.Name} has {bytes.Length} bytes, but {v.Values.Length} values of {size} bytes are given.");
        Span<byte> item = stackalloc byte[8];
        for (int i = 0; i < v.Values.Length; i++)
        {
            ulong value = v.Values[i] switch
            {
                IntegerOperand n when v.Type == PtxType.F32 => BitConverter.SingleToUInt32Bits((long)n.Value),
                IntegerOperand n when v.Type == PtxType.F64 => BitConverter.DoubleToUInt64Bits((long)n.Value),
                IntegerOperand n => n.Value,
                FloatOperand f when size == 4 => f.Width == 32 ? f.Bits : BitConverter.SingleToUInt32Bits((float)f.Value),
                FloatOperand f => f.Width == 64 ? f.Bits : BitConverter.DoubleToUInt64Bits(f.Value),
                NameOperand n when symbols.TryGetValue(n.Name, out ulong address) => address + (ulong)n.Offset,
                NameOperand n when functions.TryGetValue(n.Name, out ulong function) => function,
                NameOperand n => throw new DeviceException($"PTX line {v.Line}: {v.Name} is initialised with {n.Name}, which is neither a variable in memory nor a function."),
                _ => 0,
            };
            BitConverter.TryWriteBytes(item, value);
            item[..size].CopyTo(bytes.AsSpan(i * size));
        }

        return bytes;
    }

    /// <summary>Throws unless a launch fits the kernel and the device.</summary>
    /// <exception cref="DeviceException">It does not.</exception>
    public void Check(
        PtxProgram p, GpuDim grid, GpuDim threads, IReadOnlyList<ReadOnlyMemory<byte>> arguments, int dynamicSharedBytes, GpuDim? asked)
    {
        GpuDim cluster = ClusterOf(p, asked);
        if (arguments.Count != p.Parameters.Count)
            throw new DeviceException($"{p.Entry}: {arguments.Count} arguments are given, but the kernel has {p.Parameters.Count} parameters.");
        for (int i = 0; i < arguments.Count; i++)
        {
            if (arguments[i].Length != p.Parameters[i].Variable.Bytes)
                throw new DeviceException($"{p.Entry}: argument {i} has {arguments[i].Length} bytes, but the parameter {p.Parameters[i].Variable.Name} has {p.Parameters[i].Variable.Bytes}.");
        }

        if (threads.Count is < 1 or > MaximumThreads || threads.Z > 64)
            throw new DeviceException($"{p.Entry}: a block of {threads} threads is asked for, but 1 to {MaximumThreads} are possible.");
        if (p.Bounds.RequiredThreads is { } required && required != threads)
            throw new DeviceException($"{p.Entry}: a block of {threads} threads is asked for, but the kernel requires {required} (.reqntid).");
        if (p.Bounds.MaximumThreads is { } maximum && threads.Count > maximum.Count)
            throw new DeviceException($"{p.Entry}: a block of {threads} threads is asked for, but the kernel allows {maximum} (.maxntid).");
        if (grid.X < 0 || grid.Y < 0 || grid.Z < 0 || grid.Count == 0)
            throw new DeviceException($"{p.Entry}: a grid of {grid} blocks is asked for, but one block is the least.");
        if (cluster.Count is < 1 or > 16 || grid.X % cluster.X != 0 || grid.Y % cluster.Y != 0 || grid.Z % cluster.Z != 0)
            throw new DeviceException($"{p.Entry}: a grid of {grid} blocks is no whole number of clusters of {cluster}.");
        int shared = p.StaticSharedBytes + dynamicSharedBytes, limit = options.Arch.SharedBytesPerBlock;
        if (shared > limit)
            throw new DeviceException($"{p.Entry}: a block needs {shared.ToString(CultureInfo.InvariantCulture)} bytes of shared memory ({p.StaticSharedBytes} static, {dynamicSharedBytes} dynamic), but {options.Arch} has {limit}.");
    }
}
