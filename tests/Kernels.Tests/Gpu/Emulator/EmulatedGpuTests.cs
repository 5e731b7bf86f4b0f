using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Emulator;

namespace Puna.Kernels.Tests.Gpu.Emulator;

public class EmulatedGpuTests
{
    [Fact]
    public void Facts_are_those_of_the_architecture_and_name_no_driver()
    {
        using EmulatedGpu hopper = new(), ampere = new(new EmulatorOptions { Arch = GpuArch.Sm80 });

        Assert.Equal(("emulated sm_90a", GpuArch.Sm90a, 0, 232_448, 233_472), (
            hopper.Facts.Name, hopper.Facts.Arch, hopper.Facts.DriverVersion, hopper.Facts.SharedBytesPerBlock, hopper.Facts.SharedBytesPerMultiprocessor));
        Assert.Equal(("emulated sm_80", 166_912, 167_936), (
            ampere.Facts.Name, ampere.Facts.SharedBytesPerBlock, ampere.Facts.SharedBytesPerMultiprocessor));
    }

    [Fact]
    public void Each_launch_leaves_a_report_with_its_seed_and_nothing_runs_before_somebody_waits()
    {
        using EmulatedGpu gpu = new(new EmulatorOptions { Seed = 7 });
        using GpuStream stream = gpu.CreateStream();
        using GpuFunction add = gpu.Load(ContractKernels.Add);
        using DeviceBuffer y = gpu.Allocate(4);
        gpu.Copy(new byte[4], y);

        gpu.Launch(add, 1, ContractKernels.Arguments(y, 1), stream);
        gpu.Launch(add, 1, ContractKernels.Arguments(y, 1), stream);
        int before = gpu.Reports.Count;
        gpu.Synchronize(stream);

        Assert.Equal(0, before);
        Assert.Equal(2, gpu.Reports.Count);
        Assert.All(gpu.Reports, r => Assert.Equal((7, 4L), (r.Seed, r.Counters.GlobalBytesWritten)));
        Assert.All(gpu.Reports, r => Assert.Empty(r.Reports));
    }

    [Fact]
    public void An_access_out_of_bounds_is_a_report_and_the_gpu_goes_on()
    {
        using EmulatedGpu gpu = new();
        using GpuStream stream = gpu.CreateStream();
        using GpuFunction add = gpu.Load(ContractKernels.Add);
        using DeviceBuffer y = gpu.Allocate(8);
        gpu.Copy(new byte[8], y);
        byte[] back = new byte[8];

        gpu.Launch(add, 1, new KernelArguments().Buffer(y).I32(1).U32(3), stream);
        gpu.Synchronize(stream);
        gpu.Copy(y, back);

        Assert.Contains(gpu.Reports[0].Reports, f => f.Kind == FindingKind.OutOfBounds && f.Thread == new GpuDim(2, 0, 0) && f.Kernel == "add_value");
        Assert.Equal([1, 0, 0, 0, 1, 0, 0, 0], back);
    }

    [Fact]
    public void Bytes_that_no_kernel_has_defined_are_reported_when_they_are_read()
    {
        using EmulatedGpu gpu = new();
        using GpuStream stream = gpu.CreateStream();
        using DeviceBuffer y = gpu.Allocate(100), z = gpu.Allocate(4);
        using GpuFunction add = gpu.Load(ContractKernels.Add);
        gpu.Copy(new byte[60], y, offset: 10);
        gpu.Copy(new byte[4], z);
        gpu.Launch(add, 1, ContractKernels.Arguments(z, 1), stream);

        gpu.Copy(y, new byte[50], offset: 10);
        int before = gpu.Reports.Sum(r => r.Reports.Length);
        gpu.Copy(y, new byte[70], offset: 20);

        Assert.Equal(0, before);
        Finding finding = Assert.Single(Assert.Single(gpu.Reports).Reports);
        Assert.Equal((FindingKind.UndefinedOutput, "add_value", y.Address + 70), (finding.Kind, finding.Kernel, finding.Address));
        Assert.Equal("20 of 70 bytes that are copied to the host are undefined, the first at offset 50.", finding.Message);
    }

    [Fact]
    public void A_recording_that_outlives_a_buffer_is_reported()
    {
        using EmulatedGpu gpu = new();
        using GpuStream stream = gpu.CreateStream();
        using GpuFunction add = gpu.Load(ContractKernels.Add);
        DeviceBuffer y = gpu.Allocate(4);
        gpu.BeginCapture(stream);
        gpu.Launch(add, 1, ContractKernels.Arguments(y, 1), stream);
        using GpuGraph graph = gpu.EndCapture(stream);

        y.Dispose();
        gpu.Launch(graph, stream);
        gpu.Synchronize(stream);

        Assert.Contains(gpu.Reports[0].Reports, f => f.Kind == FindingKind.FreedMemory);
    }

    [Fact]
    public void Events_take_their_time_from_the_given_clock()
    {
        using EmulatedGpu gpu = new(time: new Steps());
        using GpuStream stream = gpu.CreateStream();
        using GpuEvent start = gpu.CreateEvent(), middle = gpu.CreateEvent(), finish = gpu.CreateEvent(), never = gpu.CreateEvent();

        gpu.Record(start, stream);
        gpu.Record(middle, stream);
        gpu.Record(finish, stream);

        Assert.Equal(TimeSpan.FromSeconds(2), gpu.Elapsed(start, finish));
        Assert.Throws<DeviceException>(() => gpu.Elapsed(start, never));
    }

    [Fact]
    public void A_launch_that_cannot_fit_is_refused_when_it_is_queued()
    {
        using EmulatedGpu gpu = new();
        using GpuStream stream = gpu.CreateStream();
        using GpuFunction add = gpu.Load(ContractKernels.Add with { DynamicSharedBytes = 300_000 });
        using DeviceBuffer y = gpu.Allocate(4);

        Assert.Throws<DeviceException>(() => gpu.Launch(add, 1, ContractKernels.Arguments(y, 1), stream));
    }

    [Fact]
    public void A_cubin_is_refused()
    {
        using EmulatedGpu gpu = new();

        Assert.Throws<DeviceException>(() => gpu.Load(GpuKernel.FromCubin(new byte[] { 0x7F }, "e", 32)));
    }

    // one second at each look
    private sealed class Steps : TimeProvider
    {
        private long _looks;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => _looks++;
    }
}
