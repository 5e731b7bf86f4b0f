using System.Text;
using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Cuda;

namespace Puna.Kernels.Tests.Gpu.Cuda;

public sealed class CubinCacheTests : IDisposable
{
    private readonly string _folder = Path.Combine(Directory.CreateTempSubdirectory("puna-cubins-").FullName, "made when needed");
    private readonly FakeDriver _driver = new();

    public void Dispose()
    {
        _driver.Dispose();
        Directory.Delete(Path.GetDirectoryName(_folder)!, recursive: true);
    }

    private string[] Files => Directory.Exists(_folder) ? Directory.GetFiles(_folder) : [];

    private static byte[] Text => Encoding.ASCII.GetBytes(ContractKernels.Add.Ptx + '\0');

    // Loads once with a new GPU; the images that the driver was given.
    private (byte[][] Images, CompilationReport Report) Load()
    {
        _driver.Images.Clear();
        using CudaGpu gpu = CudaGpu.Open(_driver.Exports, 0, new CudaOptions { CacheFolder = _folder });
        using GpuFunction function = gpu.Load(ContractKernels.Add);
        return ([.. _driver.Images], function.Report);
    }

    [Fact]
    public void The_second_load_takes_the_compiled_kernel_from_disk_with_what_the_compiler_said()
    {
        (byte[][] first, CompilationReport firstReport) = Load();
        (byte[][] second, CompilationReport secondReport) = Load();

        Assert.Equal([Text, FakeDriver.Cubin(ContractKernels.Add.Ptx!)], first);
        Assert.Equal([FakeDriver.Cubin(ContractKernels.Add.Ptx!)], second);
        Assert.Equal(new CompilationReport(10, 0, 512, "ptxas info : Used 10 registers, linked"), firstReport);
        Assert.Equal(firstReport, secondReport);
        Assert.Matches("^[0-9a-f]{64}\\.cubin$", Path.GetFileName(Assert.Single(Files)));
    }

    [Theory, InlineData(0), InlineData(20), InlineData(33), InlineData(-1)]
    public void A_damaged_file_is_ignored_and_made_anew(int at)
    {
        Load();
        byte[] bytes = File.ReadAllBytes(Files[0]);
        bytes[at < 0 ? ^1 : at] ^= 0x40;
        File.WriteAllBytes(Files[0], bytes);

        (byte[][] images, _) = Load();

        Assert.Equal(2, images.Length);
        Assert.Single(Load().Images);
    }

    [Theory, InlineData(0), InlineData(31), InlineData(100)]
    public void A_file_cut_short_is_ignored_and_made_anew(int length)
    {
        Load();
        File.WriteAllBytes(Files[0], File.ReadAllBytes(Files[0])[..length]);

        Assert.Equal(2, Load().Images.Length);
        Assert.Single(Load().Images);
    }

    [Fact]
    public void A_file_that_the_driver_refuses_is_made_anew()
    {
        Load();
        string key = Path.GetFileNameWithoutExtension(Files[0]);
        new CubinCache(_folder).TryWrite(key, FakeDriver.Cubin("no kernel in it"), "");

        (byte[][] images, _) = Load();

        Assert.Equal([FakeDriver.Cubin("no kernel in it"), Text, FakeDriver.Cubin(ContractKernels.Add.Ptx!)], images);
        Assert.Single(Load().Images);
    }

    [Fact]
    public void Another_driver_and_another_text_have_files_of_their_own()
    {
        Load();
        _driver.Version = 12060;

        Assert.Equal(2, Load().Images.Length);
        Assert.Equal(2, Files.Length);
        GpuFacts facts = new("", GpuArch.Sm80, 1, 1, 1, 1, 1, 1, 1);
        Assert.Equal(4, new[]
        {
            CubinCache.Key("a", facts, "o"), CubinCache.Key("b", facts, "o"), CubinCache.Key("a", facts, "p"),
            CubinCache.Key("a", facts with { Arch = GpuArch.Sm90a }, "o"),
        }.Distinct().Count());
    }

    [Fact]
    public void Text_that_does_not_link_is_loaded_as_text()
    {
        _driver.CannotLink = true;

        Assert.Equal([Text, Text], Load().Images);
        Assert.Empty(Files);
    }

    [Fact]
    public void A_folder_that_cannot_be_written_costs_only_time()
    {
        File.WriteAllText(_folder, "a file where the folder should be");

        Assert.Equal(2, Load().Images.Length);
    }

    [Fact]
    public void A_compiler_s_refusal_is_in_the_message()
    {
        using CudaGpu gpu = CudaGpu.Open(_driver.Exports, 0, new CudaOptions { CacheFolder = _folder });

        DeviceException error = Assert.Throws<DeviceException>(() => gpu.Load(GpuKernel.FromPtx("nonsense", "e", 32)));

        Assert.Equal(
            "CudaGpu: cuModuleLoadDataEx of 'e' gave 218 CUDA_ERROR_INVALID_PTX (a PTX JIT compilation failed), but 0 was expected. "
            + "Is the code for this device's architecture (.target), and is it well-formed PTX or a cubin? "
            + "The compiler says: ptxas application ptx input, line 1; fatal : Parsing error near 'nonsense': syntax error", error.Message);
        Assert.Empty(Files);
    }

    [Fact]
    public void A_cubin_is_loaded_as_it_is()
    {
        byte[] cubin = FakeDriver.Cubin(ContractKernels.Add.Ptx!);
        using CudaGpu gpu = CudaGpu.Open(_driver.Exports, 0, new CudaOptions { CacheFolder = _folder });

        using GpuFunction function = gpu.Load(GpuKernel.FromCubin(cubin, "add_value", 32));

        Assert.Equal([cubin], _driver.Images);
        Assert.Empty(Files);
    }
}
