using System.Collections.Immutable;

namespace Puna.Kernels.Gpu.Cuda;

/// <summary>Launches. Nothing is allocated here: arguments are copied to the stack, whence the driver copies them.</summary>
internal static unsafe class CudaLaunch
{
    // Each argument has a place of its own on such a boundary, which is what a tensor map needs.
    private const int Boundary = 64;
    private const int MaxArgumentBytes = 32_764;   // CUDA 12.1, sm_70 and later

    /// <summary>Queues a launch.</summary>
    public static void Run(CudaContext context, CudaFunctions.Loaded loaded, GpuFunction function, GpuDim grid, KernelArguments arguments, nint stream)
    {
        int places = Places(loaded, function.Kernel, arguments);
        byte* buffer = stackalloc byte[(places + 1) * Boundary];
        void** pointers = stackalloc void*[arguments.Values.Count + 1];
        Copy(arguments, (byte*)(((nuint)buffer + Boundary - 1) / Boundary * Boundary), pointers);

        LaunchAttribute* attributes = stackalloc LaunchAttribute[2];
        GpuKernel kernel = function.Kernel;
        LaunchConfig config = new()
        {
            GridX = (uint)grid.X,
            GridY = (uint)grid.Y,
            GridZ = (uint)grid.Z,
            BlockX = (uint)kernel.Block.X,
            BlockY = (uint)kernel.Block.Y,
            BlockZ = (uint)kernel.Block.Z,
            SharedBytes = (uint)kernel.DynamicSharedBytes,
            Stream = stream,
            Attributes = attributes,
            AttributeCount = Attributes(kernel, context.Facts.Arch, attributes),
        };
        int result = context.Enter().LaunchKernelEx(&config, function.Handle, pointers, null);
        if (result != 0)
            throw context.Errors.Error(result, "cuLaunchKernelEx", $"'{kernel.Entry}', grid {grid}, block {kernel.Block}");
    }

    private static uint Attributes(GpuKernel kernel, GpuArch arch, LaunchAttribute* attributes)
    {
        uint count = 0;
        if (kernel.Cluster is { } cluster)
        {
            attributes[count++] = new LaunchAttribute
            {
                Id = LaunchAttribute.ClusterDimension,
                X = (uint)cluster.X,
                Y = (uint)cluster.Y,
                Z = (uint)cluster.Z,
            };
        }

        // Chips before Hopper run one kernel of a stream after the other, which is right as well.
        if (kernel.StartsEarly && arch >= GpuArch.Sm90)
            attributes[count++] = new LaunchAttribute { Id = LaunchAttribute.ProgrammaticStreamSerialization, Value = 1 };
        return count;
    }

    private static void Copy(KernelArguments arguments, byte* target, void** pointers)
    {
        IReadOnlyList<ImmutableArray<byte>> values = arguments.Values;
        for (int i = 0; i < values.Count; i++)
        {
            ReadOnlySpan<byte> value = values[i].AsSpan();
            pointers[i] = target;
            value.CopyTo(new Span<byte>(target, value.Length));
            target += PlacesOf(value.Length) * Boundary;
        }

        pointers[values.Count] = null;
    }

    private static int PlacesOf(int bytes) => (bytes + Boundary - 1) / Boundary;

    // The driver reads as many bytes as the code declares, whatever is there: hence the comparison.
    private static int Places(CudaFunctions.Loaded loaded, GpuKernel kernel, KernelArguments arguments)
    {
        IReadOnlyList<ImmutableArray<byte>> values = arguments.Values;
        bool isKnown = !loaded.ParameterBytes.IsDefault;
        bool fits = !isKnown || loaded.ParameterBytes.Length == values.Count;
        int places = 0, bytes = 0;
        for (int i = 0; i < values.Count; i++)
        {
            fits = fits && (!isKnown || loaded.ParameterBytes[i] == values[i].Length);
            places += PlacesOf(values[i].Length);
            bytes += values[i].Length;
        }

        return fits && bytes <= MaxArgumentBytes ? places : throw Misfit(loaded, kernel, values);
    }

    private static ArgumentException Misfit(CudaFunctions.Loaded loaded, GpuKernel kernel, IReadOnlyList<ImmutableArray<byte>> values) => new(
        $"CudaGpu: '{kernel.Entry}' was given {values.Count} arguments of [{string.Join(", ", values.Select(v => v.Length))}] bytes, but "
        + (loaded.ParameterBytes.IsDefault
            ? $"a launch takes {MaxArgumentBytes} bytes at most."
            : $"it has {loaded.ParameterBytes.Length} parameters of [{string.Join(", ", loaded.ParameterBytes)}] bytes."));
}
