using System.Runtime.InteropServices;
using System.Text.Json;
using Puna.Kernels.Gpu;
using Puna.TestKit;
using Puna.Tools.GpuCheck;

namespace Puna.Tools.Tests;

public class GpuCheckTests
{
    [Fact]
    public void In_the_emulator_every_kernel_passes_and_nothing_is_measured()
    {
        using TemporaryFolder folder = new();

        (int code, string output, string error) = Run("--backend", "emulator", "--only", "vector_*", "--output", folder.Path);

        Assert.Equal("", error);
        Assert.True(code == 0, output);
        using JsonDocument report = JsonDocument.Parse(File.ReadAllText(folder.File("gpu-check.json")));
        JsonElement root = report.RootElement;
        Assert.Equal("puna-gpu-check/1", root.GetProperty("schema").GetString());
        Assert.Equal("2030-01-02T03:04:05+00:00", root.GetProperty("date").GetString());
        Assert.StartsWith("gpu-check --backend emulator", root.GetProperty("command").GetString(), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, root.GetProperty("roofs").GetProperty("copy_gigabytes_per_second").ValueKind);
        JsonElement[] checks = [.. root.GetProperty("checks").EnumerateArray()];
        Assert.NotEmpty(checks);
        Assert.All(checks, c => Assert.Equal("pass", c.GetProperty("result").GetString()));
        Assert.Equal(["early", "late"], checks.Select(c => c.GetProperty("run").GetString()).Distinct().Order());
        string markdown = File.ReadAllText(folder.File("gpu-check.md"));
        Assert.Contains("| copy | not measured |", markdown, StringComparison.Ordinal);
        Assert.Contains("| vector_add | sm_90a | [257] | late | pass | 0 | - | - |", markdown, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_kernel_of_a_manifest_gives_exit_code_1()
    {
        using KernelFolder kernels = new(json: text => text.Replace("1.5", "1.25"));
        using TemporaryFolder folder = new();

        (int code, string output, _) = Run("--backend", "emulator", "--only", "saxpy", "--manifest", kernels.Json, "--output", folder.Path);

        Assert.Equal(1, code);
        Assert.Contains("2 checks: 0 passed, 2 failed, 0 skipped; 0 timings", output, StringComparison.Ordinal);
        Assert.Contains("saxpy: element 1 of 300 is 0.3125, expected exactly 0.375.", File.ReadAllText(folder.File("gpu-check.md")), StringComparison.Ordinal);
    }

    [Fact]
    public void The_offline_assembler_adds_what_it_made_of_each_kernel()
    {
        using TemporaryFolder folder = new();
        Assert.SkipWhen(PtxasFile.Path is null, $"skipped: {PtxasFile.Reason}");

        (int code, string output, _) = Run("--backend", "emulator", "--only", "product_i8_i8", "--ptxas", PtxasFile.Path ?? "", "--output", folder.Path);

        Assert.True(code == 0, output);
        Assert.Contains("2 assembled, 2 within budget", output, StringComparison.Ordinal);
        using JsonDocument report = JsonDocument.Parse(File.ReadAllText(folder.File("gpu-check.json")));
        JsonElement row = report.RootElement.GetProperty("assembly")[1];
        Assert.Equal("sm_90a", row.GetProperty("arch").GetString());
        Assert.InRange(row.GetProperty("per_two_kibibytes").GetDouble(), 11, 22);
        Assert.Matches(@"\| product_i8_i8 \| sm_90a \| pass \| \d+ \(72\) \| 0 \|", File.ReadAllText(folder.File("gpu-check.md")));
    }

    [Fact]
    public void Counts_of_the_emulator_stand_beside_what_nobody_measured()
    {
        using TemporaryFolder folder = new();

        Run("--backend", "emulator", "--only", "vector_add", "--output", folder.Path);

        // 8,192 sums: two numbers read and one written for each
        Assert.Contains("| vector_add | sm_90a | [8192] | 18 of 18 pass | 4864 | 0 | 3072 | 3072 | - | - | - | not measured | not measured |",
            File.ReadAllText(folder.File("gpu-check.md")), StringComparison.Ordinal);
    }

    [Fact]
    public void Under_the_sanitizer_no_file_is_written()
    {
        using TemporaryFolder folder = new();

        (int code, _, _) = Run("--backend", "emulator", "--only", "vector_add", "--specs-only", "--output", folder.File("none"));

        Assert.Equal(0, code);
        Assert.False(Directory.Exists(folder.File("none")));
    }

    [Theory]
    [InlineData("gpu-check: --minutes: 0 was given, but at least 1 was expected.", "--minutes", "0")]
    [InlineData("gpu-check: --backend: 'gpu' was given, but 'cuda' or 'emulator' was expected. See 'gpu-check --help'.", "--backend", "gpu")]
    [InlineData("gpu-check: /nowhere/ptxas: there is no such file, but NVIDIA's assembler and disassembler were expected (ptxas, nvdisasm).", "--backend", "emulator", "--ptxas", "/nowhere/ptxas")]
    [InlineData("gpu-check: Unrecognized command or argument '--frob'. See 'gpu-check --help'.", "--frob")]
    public void Wrong_arguments_are_a_sentence(string sentence, params string[] arguments)
    {
        (int code, string output, string error) = Run(arguments);

        Assert.Equal((2, "", sentence + Environment.NewLine), (code, output, error));
    }

    [Theory]
    [InlineData("NVIDIA H200", 4800)]
    [InlineData("NVIDIA GH200 480GB", null)]
    [InlineData("NVIDIA H100 80GB HBM3", 3350)]
    [InlineData("NVIDIA H100 PCIe", 2000)]
    [InlineData("an emulator", null)]
    public void The_data_sheet_is_found_by_the_devices_name(string device, int? bandwidth) =>
        Assert.Equal(bandwidth, DataSheet.Bandwidth(device));

    [Fact]
    public void The_copy_of_the_roof_is_a_copy()
    {
        GpuFacts small = new("small", GpuArch.Sm80, 0, 1, 1 << 16, 1 << 16, 1 << 18, 1 << 30, 0);

        (KernelCall call, long bytes) = Roofs.Stream(small, writes: true);
        using Puna.Kernels.Gpu.Emulator.EmulatedGpu gpu = new(new() { Arch = GpuArch.Sm80 });
        KernelOutcome outcome = KernelRunner.Run(gpu, call);

        Assert.True(outcome.IsRight, outcome.Problem("copy"));
        Assert.Equal(2 * bytes, gpu.Reports.Sum(r => r.Counters.GlobalBytesRead + r.Counters.GlobalBytesWritten));
        Assert.Equal(0, gpu.Reports.Sum(r => r.Reports.Length));
    }

    [Theory]
    [InlineData(false, 1 << 20)]   // 2 rounds of 2 blocks of 8 warps, 8 products of 16 x 8 x 16
    [InlineData(true, 1 << 23)]    // 2 rounds of 2 blocks, 4 products of 64 x 256 x 16
    public void The_products_of_the_roofs_are_clean(bool isWgmma, long expected)
    {
        GpuFacts small = new("small", GpuArch.Sm90a, 0, 1, 1 << 18, 1 << 18, 1 << 18, 1 << 30, 0);

        (KernelCall call, long flops) = Roofs.Products(small, isWgmma, rounds: 2);
        using Puna.Kernels.Gpu.Emulator.EmulatedGpu gpu = new(new() { Arch = GpuArch.Sm90a });
        float[] sums = [];
        KernelRunner.Run(gpu, call, after: launch => sums = MemoryMarshal.Cast<byte, float>(launch.Read("y")).ToArray());

        Assert.Empty(gpu.Reports.SelectMany(r => r.Reports));
        Assert.All(sums, s => Assert.True(float.IsFinite(s) && s != 0));
        Assert.Equal(expected, flops);
    }

    private static (int Code, string Output, string Error) Run(params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        int code = GpuCheckCommand.Run(arguments, output, error, new StoppedClock());
        return (code, output.ToString(), error.ToString());
    }

    private sealed class StoppedClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);

        public override long GetTimestamp() => 0;
    }
}
