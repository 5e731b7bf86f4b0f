using Puna.TestKit;

namespace Puna.Tools.Tests;

public class PtxCheckTests
{
    [Fact]
    public void A_right_kernel_passes_in_both_schedules()
    {
        using KernelFolder folder = new();

        string[] lines = Lines(CommandRun.Of("ptx", "check", folder.Json).Succeeds());

        Assert.Equal("kernel  run    result  largest error  instructions  conflicts   sectors  reports", lines[0]);
        Assert.Matches(@"^saxpy   late   pass                0\s+\d+\s+0\s+\d+\s+0$", lines[1]);
        Assert.Matches(@"^saxpy   early  pass                0\s+\d+\s+0\s+\d+\s+0$", lines[2]);
        Assert.Equal("1 kernels, 2 runs: 2 passed, 0 failed", lines[3]);
    }

    [Fact]
    public void A_wrong_result_names_the_first_element_and_gives_exit_code_1()
    {
        using KernelFolder folder = new(ptx: text => text.Replace("fma.rn.f32 %f3, %f0, %f1, %f2", "mul.rn.f32 %f3, %f0, %f1"));

        CommandRun run = CommandRun.Of("ptx", "check", folder.Json, "--schedule", "late");

        Assert.Equal(1, run.Code);
        string[] lines = Lines(run.Output);
        Assert.Matches("^saxpy   late   FAIL              298 ", lines[1]);
        Assert.Equal("  saxpy: element 0 of 300 is 0, expected exactly 1. 299 elements are wrong, by at most 298.", lines[2]);
        Assert.Equal("1 kernels, 1 runs: 0 passed, 1 failed", lines[3]);
    }

    [Fact]
    public void A_report_fails_a_kernel_whose_results_are_right()
    {
        using KernelFolder folder = new(ptx: text => text.Replace("@%p ret;", "").Replace("st.global", "@!%p st.global"));

        CommandRun run = CommandRun.Of("ptx", "check", folder.Json, "--schedule", "early", "--seed", "5");

        Assert.Equal(1, run.Code);
        Assert.Contains("OutOfBounds: saxpy line ", run.Output, StringComparison.Ordinal);
        Assert.Contains("seed 5", run.Output, StringComparison.Ordinal);
        Assert.EndsWith("1 kernels, 1 runs: 0 passed, 1 failed", run.Output.TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public void Text_that_is_no_ptx_names_its_line()
    {
        using KernelFolder folder = new(ptx: text => text.Replace("mov.u32 %r2, %ntid.x;", "mov.u32 %r2, %ntid.x"));

        CommandRun run = CommandRun.Of("ptx", "check", folder.Json, "--schedule", "early");

        Assert.Equal(1, run.Code);
        Assert.Contains("line 19", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"f32\", \"value\": 1.5", "\"f128\", \"value\": 1.5",
        "kernels.json: saxpy: parameter 2: kind is 'f128', but buffer, null or one of u8, u16, u32, u64, i8, i16, i32, i64, f16, bf16, f32, f64 (b8 to b64 and s8 to s64 too) was expected.")]
    [InlineData("\"u32\", \"value\": 300", "\"u32\", \"value\": -1",
        "kernels.json: saxpy: parameter 3: value is -1, but a whole number that fits u32 was expected.")]
    [InlineData("\"u32\", \"value\": 300", "\"u32\"", "kernels.json: saxpy: parameter 3: value is missing, but the parameter's value was expected.")]
    [InlineData("\"tensor\": \"x\"", "\"tensor\": \"z\"",
        "kernels.json: saxpy: parameter 0: tensor 'z' was asked for, but saxpy.safetensors holds want, x, y.")]
    [InlineData("\"buffer\": \"y\"", "\"buffer\": \"want\"",
        "kernels.json: saxpy: output 0: buffer is 'want', but no parameter points to a tensor of that name.")]
    [InlineData("\"sm_80\"", "\"ampere\"", "kernels.json: saxpy: arch is 'ampere', but a name like sm_80 or sm_90a was expected.")]
    [InlineData("[3, 1, 1]", "[3, -1]", "kernels.json: saxpy: grid is [3, -1], but an array of one to three sizes was expected.")]
    [InlineData("\"grid\": [3, 1, 1],", "", "kernels.json: saxpy: grid is missing, but an array of one to three sizes was expected.")]
    [InlineData("\"kernels\"", "\"list\"", "kernels.json: kernels is missing, but an array was expected.")]
    [InlineData("\"name\": \"saxpy\"", "\"name\": \"a/b\"", "kernels.json: kernel 0: name is 'a/b', but a file name without folders was expected.")]
    [InlineData("\"absolute\": 0", "\"absolute\": -1", "kernels.json: saxpy: output 0: absolute is -1, but a number of at least 0 was expected.")]
    [InlineData("}]}", "}]", "kernels.json, line 6: this is not JSON (Expected depth to be zero at the end of the JSON payload. There is an open JSON object or array that should be closed), but a list of kernels was expected.")]
    public void A_wrong_manifest_is_a_sentence(string old, string changed, string sentence)
    {
        using KernelFolder folder = new(json: text => text.Replace(old, changed));

        CommandRun run = CommandRun.Of("ptx", "check", folder.Json);

        Assert.Equal($"puna: {sentence}{Environment.NewLine}", run.Error);
        Assert.Equal(2, run.Code);
    }

    [Fact]
    public void Pointers_behind_the_last_parameter_are_null_and_other_omissions_a_failure()
    {
        using KernelFolder pointer = new(ptx: text => text.Replace(".param .u32 n)", ".param .u32 n, .param .u64 profile)"));
        using KernelFolder scalar = new(ptx: text => text.Replace(".param .u32 n)", ".param .u32 n, .param .u32 m)"));

        CommandRun run = CommandRun.Of("ptx", "check", scalar.Json, "--schedule", "late");

        CommandRun.Of("ptx", "check", pointer.Json).Succeeds();
        Assert.Equal(1, run.Code);
        Assert.Contains("was given 4 arguments of [8, 8, 4, 4] bytes, but it has 5 parameters", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void An_absent_file_is_named()
    {
        using KernelFolder folder = new();
        File.Delete(folder.Ptx);

        CommandRun run = CommandRun.Of("ptx", "check", folder.Json);

        Assert.Equal($"puna: {folder.Ptx}: there is no such file, but a kernel's text and tensors was expected. Check the path."
            + Environment.NewLine, run.Error);
        Assert.Equal(2, run.Code);
        CommandRun.Of("ptx", "check", "none.json").FailsWith(2,
            "none.json: there is no such file, but a JSON list of kernels was expected. Check the path.");
    }

    [Fact]
    public void A_name_that_no_kernel_has_is_a_sentence()
    {
        using KernelFolder folder = new();

        CommandRun.Of("ptx", "check", folder.Json, "--only", "gemm-*").FailsWith(2,
            "--only: 'gemm-*' was given, but none of the 1 kernels of kernels.json has that name. The first is 'saxpy'.");
        CommandRun.Of("ptx", "check", folder.Json, "--only", "sax*").Succeeds();
    }

    [Fact]
    public void A_recorded_kernel_passes()
    {
        string manifest = Goldens.Shared("goldens/ptx/kernels.json");

        string output = CommandRun.Of("ptx", "check", manifest, "--only", "nvcc-block-sum-*").Succeeds();

        Assert.EndsWith("2 kernels, 4 runs: 4 passed, 0 failed", output.TrimEnd(), StringComparison.Ordinal);
    }

    private static string[] Lines(string text) => text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
}
