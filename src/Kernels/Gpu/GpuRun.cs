using System.Runtime.InteropServices;

namespace Puna.Kernels.Gpu;

/// <summary>The short way to try a kernel: arrays in, arrays out.</summary>
public static class GpuRun
{
    /// <summary>Copies the arrays to the device, launches the kernel once, waits, and copies them back.</summary>
    /// <param name="gpu">The device.</param>
    /// <param name="kernel">The kernel; compiled anew in each call.</param>
    /// <param name="grid">Blocks.</param>
    /// <param name="arguments">
    /// One for each parameter: an array of numbers is a buffer, of which the kernel gets the address; an
    /// <see cref="int"/>, <see cref="uint"/>, <see cref="long"/>, <see cref="ulong"/>, <see cref="float"/> or
    /// <see cref="double"/> is passed by value.
    /// </param>
    /// <exception cref="ArgumentException">An argument is neither.</exception>
    /// <exception cref="DeviceException">The device refuses the code, or the launch failed.</exception>
    public static void Run(this IGpu gpu, GpuKernel kernel, GpuDim grid, params ReadOnlySpan<object> arguments)
    {
        using GpuFunction code = gpu.Load(kernel);
        using GpuStream stream = gpu.CreateStream();
        List<(Array Array, DeviceBuffer Buffer)> buffers = [];
        try
        {
            var values = new KernelArguments();
            foreach (object argument in arguments)
                Add(gpu, values, argument, buffers);
            gpu.Launch(code, grid, values, stream);
            gpu.Synchronize(stream);
            foreach ((Array array, DeviceBuffer buffer) in buffers)
                gpu.Copy(buffer, Bytes(array));
        }
        finally
        {
            foreach ((_, DeviceBuffer buffer) in buffers)
                buffer.Dispose();
        }
    }

    private static void Add(IGpu gpu, KernelArguments values, object argument, List<(Array, DeviceBuffer)> buffers)
    {
        if (argument is not Array array)
        {
            AddScalar(values, argument);
            return;
        }

        DeviceBuffer buffer = gpu.Allocate(Bytes(array).Length);
        buffers.Add((array, buffer));
        gpu.Copy(Bytes(array), buffer);
        values.Buffer(buffer);
    }

    private static void AddScalar(KernelArguments values, object argument) => _ = argument switch
    {
        int v => values.I32(v),
        uint v => values.U32(v),
        long v => values.U64((ulong)v),
        ulong v => values.U64(v),
        float v => values.F32(v),
        double v => values.Bytes(BitConverter.GetBytes(v)),
        _ => throw new ArgumentException(
            $"GpuRun: an argument is {argument?.GetType().Name ?? "null"}, but an array of numbers, int, uint, long, ulong, float or double was expected."),
    };

    private static Span<byte> Bytes(Array array) => array switch
    {
        float[] a => MemoryMarshal.AsBytes(a.AsSpan()),
        double[] a => MemoryMarshal.AsBytes(a.AsSpan()),
        Half[] a => MemoryMarshal.AsBytes(a.AsSpan()),
        byte[] a => a,
        sbyte[] a => MemoryMarshal.AsBytes(a.AsSpan()),
        short[] a => MemoryMarshal.AsBytes(a.AsSpan()),
        ushort[] a => MemoryMarshal.AsBytes(a.AsSpan()),
        int[] a => MemoryMarshal.AsBytes(a.AsSpan()),
        uint[] a => MemoryMarshal.AsBytes(a.AsSpan()),
        long[] a => MemoryMarshal.AsBytes(a.AsSpan()),
        ulong[] a => MemoryMarshal.AsBytes(a.AsSpan()),
        _ => throw new ArgumentException(
            $"GpuRun: an argument is {array.GetType().Name}, but an array of one dimension with numbers of .NET was expected."),
    };
}
