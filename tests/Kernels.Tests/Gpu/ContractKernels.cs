using System.Buffers.Binary;
using Puna.Kernels.Gpu;
using Puna.Kernels.Tests.Gpu.Cuda;

namespace Puna.Kernels.Tests.Gpu;

/// <summary>Two kernels whose order matters: y += value and y *= value, over 32-bit integers.</summary>
internal static class ContractKernels
{
    public const int Threads = 64;

    public static GpuKernel Add { get; } = GpuKernel.FromPtx(Text("add_value", "add.s32"), "add_value", Threads);

    public static GpuKernel Multiply { get; } = GpuKernel.FromPtx(Text("multiply_value", "mul.lo.s32"), "multiply_value", Threads);

    public static KernelArguments Arguments(DeviceBuffer y, int value) =>
        new KernelArguments().Buffer(y).I32(value).U32((uint)(y.Bytes / sizeof(int)));

    public static GpuDim Grid(DeviceBuffer y) => (int)((y.Bytes / sizeof(int)) + Threads - 1) / Threads;

    /// <summary>Teaches a driver without a device what these kernels do.</summary>
    public static void Teach(FakeDriver driver)
    {
        driver.Kernels["add_value"] = l => Each(l, (y, value) => y + value);
        driver.Kernels["multiply_value"] = l => Each(l, (y, value) => y * value);
    }

    private static unsafe void Each(FakeLaunch launch, Func<int, int, int> map)
    {
        int* y = (int*)BinaryPrimitives.ReadInt64LittleEndian(launch.Parameters[0]);
        int value = BinaryPrimitives.ReadInt32LittleEndian(launch.Parameters[1]);
        uint count = Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(launch.Parameters[2]), launch.Grid.X * launch.Block.X);
        for (uint i = 0; i < count; i++)
            y[i] = map(y[i], value);
    }

    private static string Text(string entry, string operation) => $$"""
        .version 7.0
        .target sm_80
        .address_size 64

        .visible .entry {{entry}}(.param .u64 y, .param .u32 value, .param .u32 count)
        {
            .reg .pred %p<2>;
            .reg .b32 %r<8>;
            .reg .b64 %rd<5>;
            ld.param.u64 %rd1, [y];
            ld.param.u32 %r1, [value];
            ld.param.u32 %r2, [count];
            mov.u32 %r3, %ctaid.x;
            mov.u32 %r4, %ntid.x;
            mov.u32 %r5, %tid.x;
            mad.lo.s32 %r6, %r3, %r4, %r5;
            setp.ge.u32 %p1, %r6, %r2;
            @%p1 bra DONE;
            cvta.to.global.u64 %rd2, %rd1;
            mul.wide.u32 %rd3, %r6, 4;
            add.s64 %rd4, %rd2, %rd3;
            ld.global.u32 %r7, [%rd4];
            {{operation}} %r7, %r7, %r1;
            st.global.u32 [%rd4], %r7;
        DONE:
            ret;
        }

        """;
}
