using System.Runtime.InteropServices;
using Puna.Kernels.Gpu;

namespace Puna.Kernels.Tests.Gpu;

public unsafe class KernelRunnerTests
{
    private static readonly float[] Input = [1, 2, 3];

    [Theory]
    [InlineData(0)]
    [InlineData(13000)]
    public void A_right_kernel_passes_and_everything_is_returned(int driverVersion)
    {
        using HostGpu gpu = new(driverVersion, a => Double(a, 3));

        KernelOutcome outcome = KernelRunner.Run(gpu, Call([2, 4, 6]));

        Assert.True(outcome.IsRight);
        Assert.Null(outcome.Problem("double [3]"));
        Assert.Equal(0, outcome.LargestError);
        Assert.Equal(0, gpu.LiveCount);
    }

    [Fact]
    public void The_first_wrong_element_is_named_with_its_tolerance()
    {
        using HostGpu gpu = new(0, a => Double(a, 3));

        KernelOutcome outcome = KernelRunner.Run(gpu, Call([2, 4.5f, 6], absolute: 0.01));

        Assert.Equal("double [3]: element 1 of 3 is 4, expected 4.5 ± 0.01.", outcome.Problem("double [3]"));
        Assert.Equal(0.5, outcome.LargestError);
    }

    [Fact]
    public void The_tolerance_is_absolute_plus_relative()
    {
        using HostGpu gpu = new(0, a => Double(a, 3));

        Assert.True(KernelRunner.Run(gpu, Call([2, 4.5f, 6], absolute: 0.05, relative: 0.1)).IsRight);
        Assert.False(KernelRunner.Run(gpu, Call([2, 4.5f, 6], absolute: 0.04, relative: 0.1)).IsRight);
    }

    [Theory]
    [InlineData(float.NaN, float.NaN, true)]
    [InlineData(float.NaN, 1, false)]
    [InlineData(1, float.NaN, false)]
    [InlineData(float.PositiveInfinity, float.PositiveInfinity, true)]
    [InlineData(float.NegativeInfinity, float.PositiveInfinity, false)]
    [InlineData(1e30f, float.PositiveInfinity, false)]
    [InlineData(float.PositiveInfinity, 1e30f, false)]
    [InlineData(-0f, 0f, true)]
    public void Nan_and_infinity_equal_only_themselves(float got, float want, bool isRight)
    {
        ExpectedOutput expected = new("y", NumberFormat.F32, Bytes<float>([want]), Absolute: 1e3, Relative: 1e3);

        OutputOutcome outcome = OutputOutcome.Of(expected, Bytes<float>([got]));

        Assert.Equal(isRight, outcome.IsRight);
        Assert.Equal(isRight ? 0 : double.PositiveInfinity, outcome.LargestError);
    }

    [Fact]
    public void Neighbouring_64_bit_integers_differ()
    {
        ExpectedOutput expected = new("y", NumberFormat.I64, Bytes<long>([long.MaxValue]), 0, 0);

        OutputOutcome outcome = OutputOutcome.Of(expected, Bytes<long>([long.MaxValue - 1]));

        Assert.Equal("ids: element 0 of 1 is 9223372036854775806, expected exactly 9223372036854775807.", outcome.Problem("ids"));
    }

    [Fact]
    public void A_write_before_or_after_a_buffer_is_found_on_hardware()
    {
        using HostGpu before = new(13000, a => *((byte*)Address(a, 1) - 1) = 7), after = new(13000, a => *((byte*)Address(a, 1) + 12) = 7);

        Assert.Equal("double: byte -1 of buffer 'y' was written, but it has 12 bytes.",
            KernelRunner.Run(before, Call([], expectNothing: true)).Damage);
        Assert.Equal("double: byte 12 of buffer 'y' was written, but it has 12 bytes.",
            KernelRunner.Run(after, Call([], expectNothing: true)).Damage);
    }

    [Fact]
    public void What_the_kernel_does_not_write_is_no_number_on_hardware()
    {
        using HostGpu gpu = new(13000, a => Double(a, 2));

        Assert.Equal("double [3]: element 2 of 3 is NaN, expected exactly 6.", KernelRunner.Run(gpu, Call([2, 4, 6])).Problem("double [3]"));
    }

    [Fact]
    public void Arguments_of_one_name_are_one_buffer_and_a_map_points_to_it()
    {
        ulong[] addresses = [];
        using HostGpu gpu = new(0, a => addresses = [Address(a, 0), Address(a, 1), Address(a, 2)]);
        TensorMapLayout layout = new(NumberFormat.F32, [3], [], [3], SwizzleMode.None);
        KernelArgument x = new("x", ArgumentKind.Buffer, Bytes<float>(Input));
        KernelCall call = Call([], expectNothing: true) with { Arguments = [x, x, x with { Kind = ArgumentKind.TensorMap, Map = layout }] };

        KernelRunner.Run(gpu, call);

        Assert.Equal([addresses[0], addresses[0], addresses[0]], addresses);
    }

    [Fact]
    public void A_grid_without_blocks_is_not_launched()
    {
        using HostGpu gpu = new(0, _ => Assert.Fail("launched"));

        Assert.True(KernelRunner.Run(gpu, Call([], expectNothing: true) with { Grid = new GpuDim(0) }).IsRight);
    }

    [Fact]
    public void A_refused_kernel_leaves_nothing_behind()
    {
        using HostGpu gpu = new(0, _ => { });
        KernelCall call = Call([]) with { Kernel = GpuKernel.FromPtx("", "refused", 1) };

        Assert.Throws<DeviceException>(() => KernelRunner.Run(gpu, call));
        Assert.Equal(0, gpu.LiveCount);
    }

    private static KernelCall Call(float[] want, double absolute = 0, double relative = 0, bool expectNothing = false) => new(
        GpuKernel.FromPtx("", "double", 32), 1,
        [
            new("x", ArgumentKind.Buffer, Bytes<float>(Input)),
            new("y", ArgumentKind.Buffer, default, UndefinedBytes: 12),
        ],
        expectNothing ? [] : [new ExpectedOutput("y", NumberFormat.F32, Bytes<float>(want), absolute, relative)]);

    private static void Double(KernelArguments arguments, int count)
    {
        float* x = (float*)Address(arguments, 0), y = (float*)Address(arguments, 1);
        for (int i = 0; i < count; i++)
            y[i] = 2 * x[i];
    }

    private static ulong Address(KernelArguments arguments, int index) =>
        BitConverter.ToUInt64(arguments.Values[index].AsSpan());

    private static byte[] Bytes<T>(ReadOnlySpan<T> values)
        where T : unmanaged => MemoryMarshal.AsBytes(values).ToArray();
}
