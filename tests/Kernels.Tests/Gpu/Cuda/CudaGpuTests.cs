using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Cuda;

namespace Puna.Kernels.Tests.Gpu.Cuda;

public sealed class CudaGpuTests : IDisposable
{
    private readonly FakeDriver _driver = new();

    public CudaGpuTests() => ContractKernels.Teach(_driver);

    public void Dispose() => _driver.Dispose();

    [Fact]
    public void Facts_are_the_device_s_attributes()
    {
        using CudaGpu gpu = CudaGpu.Open(_driver.Exports, 0);

        Assert.Equal(
            new GpuFacts("Imagined H100", GpuArch.Sm90a, 12080, 132, 232_448, 233_472, 50 << 20, 64 << 20, 1_980_000), gpu.Facts);
    }

    [Fact]
    public void An_ampere_has_no_code_of_its_own()
    {
        using FakeDriver ampere = new() { Compute = 86 };
        using CudaGpu gpu = CudaGpu.Open(ampere.Exports, 0);

        Assert.Equal(GpuArch.Sm86, gpu.Facts.Arch);
    }

    [Fact]
    public void A_machine_without_a_driver_is_said_to_be_one()
    {
        Assert.SkipWhen(System.Runtime.InteropServices.NativeLibrary.TryLoad("libcuda.so.1", out _), "skipped: there is a driver");
        Assert.SkipWhen(OperatingSystem.IsWindows(), "skipped: the library has another name here");

        bool isThere = CudaGpu.TryOpen(0, out CudaGpu? gpu, out string reason);

        Assert.False(isThere);
        Assert.Null(gpu);
        Assert.Equal("CudaGpu: there is no libcuda.so.1 on this machine, but a GPU was asked for. Install an NVIDIA driver, or choose the CPU.", reason);
        Assert.Equal(reason, Assert.Throws<DeviceException>(() => CudaGpu.Open()).Message);
    }

    [Fact]
    public void A_driver_without_a_device_is_said_to_be_one()
    {
        using FakeDriver bare = new() { DeviceCount = 0 };

        DeviceException error = Assert.Throws<DeviceException>(() => CudaGpu.Open(bare.Exports, 0));

        Assert.Equal(
            "CudaGpu: cuInit gave 100 CUDA_ERROR_NO_DEVICE (no CUDA-capable device is detected), but 0 was expected. "
            + "Is a GPU there (nvidia-smi), and is it visible to this process (CUDA_VISIBLE_DEVICES)?", error.Message);
    }

    [Fact]
    public void A_device_beyond_the_last_is_refused()
    {
        DeviceException error = Assert.Throws<DeviceException>(() => CudaGpu.Open(_driver.Exports, 1));

        Assert.Equal(
            "CudaGpu: device 1 was asked for, but the driver shows 1 (counted from 0). Choose another, or look at CUDA_VISIBLE_DEVICES.",
            error.Message);
    }

    [Fact]
    public void A_driver_that_is_too_old_is_refused_by_the_entry_that_it_lacks()
    {
        using FakeDriver old = new() { IsOld = true, Missing = ["cuGraphExecUpdate_v2"] };

        DeviceException error = Assert.Throws<DeviceException>(() => CudaGpu.Open(old.Exports, 0));

        Assert.Equal(
            "CudaGpu: the driver has no entry cuGraphExecUpdate_v2, but CUDA 12.0 is needed (driver 525). "
            + "Install a newer NVIDIA driver, or choose the CPU.", error.Message);
    }

    [Theory, InlineData(true), InlineData(false)]
    public void A_whole_session_works_by_versioned_entries_and_by_exports(bool isOld)
    {
        using FakeDriver driver = new() { IsOld = isOld };
        ContractKernels.Teach(driver);

        Exception? error = CudaScenario.Run(driver, new CudaOptions());

        Assert.Null(error);
        Assert.Equal(!isOld, driver.Calls.Contains("cuFuncGetParamInfo"));
        Assert.Empty(driver.Complaints);
        Assert.Equal("", driver.Outstanding);
    }

    [Fact]
    public void What_nobody_returned_goes_with_the_gpu()
    {
        CudaGpu gpu = CudaGpu.Open(_driver.Exports, 0, new CudaOptions { ChunkBytes = 2 << 20 });
        GpuStream stream = gpu.CreateStream();
        gpu.Allocate(10);
        gpu.Allocate(40 << 20);
        gpu.AllocatePinned(10);
        gpu.Load(ContractKernels.Add);
        gpu.CreateEvent();
        gpu.BeginCapture(stream);
        gpu.EndCapture(stream);
        gpu.BeginCapture(stream);

        gpu.Dispose();

        Assert.Equal("", _driver.Outstanding);
        Assert.Empty(_driver.Complaints);
    }

    [Fact]
    public void The_context_is_made_current_on_every_thread_that_calls()
    {
        using CudaGpu gpu = CudaGpu.Open(_driver.Exports, 0);
        using DeviceBuffer buffer = gpu.Allocate(4);
        byte[] back = new byte[4];

        Thread thread = new(() =>
        {
            _driver.Enter();
            gpu.Copy([1, 2, 3, 4], buffer);
        });
        thread.Start();
        thread.Join();
        gpu.Copy(buffer, back);

        Assert.Equal([1, 2, 3, 4], back);
        Assert.Empty(_driver.Complaints);
    }

    [Fact]
    public void An_earlier_failure_of_a_kernel_is_not_blamed_on_the_call_that_hears_of_it()
    {
        using CudaGpu gpu = CudaGpu.Open(_driver.Exports, 0);
        _driver.Break(700);

        DeviceException error = Assert.Throws<DeviceException>(() => gpu.Load(ContractKernels.Add));

        Assert.Equal(
            "CudaGpu: cuModuleLoadDataEx of 'add_value' gave 700 CUDA_ERROR_ILLEGAL_ADDRESS (an illegal memory access was encountered), "
            + "but 0 was expected; the call itself is not to blame: an earlier asynchronous error surfaces here, that of a kernel queued before. "
            + "Run the kernels in the emulator, which names the instruction, or under compute-sanitizer; close this GPU and open it anew.",
            error.Message);
    }

    [Fact]
    public void A_failure_of_a_kernel_that_nobody_waited_for_is_told_at_the_end()
    {
        CudaGpu gpu = CudaGpu.Open(_driver.Exports, 0);
        DeviceBuffer buffer = gpu.Allocate(4);
        GpuStream stream = gpu.CreateStream();
        _driver.Break(719);

        stream.Dispose();
        buffer.Dispose();
        DeviceException error = Assert.Throws<DeviceException>(gpu.Dispose);

        Assert.StartsWith("CudaGpu: cuStreamSynchronize gave 719 CUDA_ERROR_LAUNCH_FAILED", error.Message, StringComparison.Ordinal);
        Assert.Contains("; a kernel that was queued before failed.", error.Message, StringComparison.Ordinal);
        Assert.Equal("", _driver.Outstanding);
    }

    [Fact]
    public void A_spoilt_recording_is_refused_and_the_stream_is_of_use_again()
    {
        using CudaGpu gpu = CudaGpu.Open(_driver.Exports, 0);
        using GpuStream stream = gpu.CreateStream();

        gpu.BeginCapture(stream);
        DeviceException first = Assert.Throws<DeviceException>(() => gpu.Load(ContractKernels.Add));
        DeviceException second = Assert.Throws<DeviceException>(() => gpu.EndCapture(stream));
        gpu.Synchronize(stream);

        Assert.Contains("gave 900 CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", first.Message, StringComparison.Ordinal);
        Assert.StartsWith("CudaGpu: cuStreamEndCapture gave 901 CUDA_ERROR_STREAM_CAPTURE_INVALIDATED", second.Message, StringComparison.Ordinal);
    }
}
