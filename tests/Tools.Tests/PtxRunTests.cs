using Puna.Runtime.Loading;

namespace Puna.Tools.Tests;

public class PtxRunTests
{
    [Fact]
    public void Tensors_go_in_and_all_buffers_come_out()
    {
        using KernelFolder folder = new();
        string output = folder.PathOf("out.safetensors");

        string text = CommandRun.Of("ptx", "run", folder.Ptx, "--grid", "3", "--block", "128", "--input", folder.Tensors,
            "--output", output, "--arg", "x", "--arg", "y", "--arg", "1.5f", "--arg", "300").Succeeds();

        SafetensorsFile file = SafetensorsFile.Open(output);
        Assert.Equal(["x", "y"], file.Table.Entries.Select(e => e.Name).Order());
        Assert.Equal(folder.Want, file.ReadF32("y"));
        Assert.Contains("  x: F32 [300], 0 of 300 changed, 0 to 74.75", text, StringComparison.Ordinal);
        Assert.Contains("  y: F32 [300], 299 of 300 changed, ", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_buffer_may_be_filled_with_a_value()
    {
        using KernelFolder folder = new();
        string output = folder.PathOf("out.safetensors");

        CommandRun.Of("ptx", "run", folder.Ptx, "--entry", "saxpy", "--grid", "1", "--block", "32", "--output", output,
            "--arg", "x:f32[2,3]=2", "--arg", "y:f32[2,3]=-1", "--arg", "f32:0.5", "--arg", "u32:6", "--schedule", "early").Succeeds();

        SafetensorsFile file = SafetensorsFile.Open(output);
        Assert.Equal([0f, 0f, 0f, 0f, 0f, 0f], file.ReadF32("y"));
        Assert.Equal([2, 3], file.Find("y").Shape);
    }

    [Fact]
    public void Reading_a_new_buffer_that_holds_nothing_is_reported()
    {
        using KernelFolder folder = new();

        CommandRun run = CommandRun.Of("ptx", "run", folder.Ptx, "--grid", "1", "--block", "32", "--arg", "x:f32[32]",
            "--arg", "y:f32[32]=0", "--arg", "1f", "--arg", "32");

        Assert.Equal(1, run.Code);
        Assert.Contains("Undefined", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--arg x: a tensor was asked for, but there is no file to take it from. Give --input, or say what a new buffer "
        + "holds, as in x:f32[1024].", "x")]
    [InlineData("--arg 1.5: this is neither a number of 32 bits, such as 5000, nor one with an f, such as 1.5f. Say its type, as "
        + "in u64:5000 or f64:1.5.", "1.5")]
    [InlineData("--arg 4294967296: this is neither a number of 32 bits, such as 5000, nor one with an f, such as 1.5f. Say its "
        + "type, as in u64:5000 or f64:1.5.", "4294967296")]
    [InlineData("--arg f128:1: the type is 'f128', but one of u8, u16, u32, u64, i8, i16, i32, i64, f16, bf16, f32, f64 (b8 to b64 "
        + "and s8 to s64 too) was expected.", "f128:1")]
    [InlineData("--arg u8:256: the value is '256', but a whole number that fits u8 was expected.", "u8:256")]
    [InlineData("--arg y:f31[4]: the type is 'f31', but one of u8, u16, u32, u64, i8, i16, i32, i64, f16, bf16, f32, f64 (b8 to b64 "
        + "and s8 to s64 too), f8_e4m3, f8_e5m2 was expected.", "y:f31[4]")]
    [InlineData("--arg y:f32[99999999999]: the buffer would have more than 2147483591 bytes, but it is read back into one array. "
        + "Use a smaller one.", "y:f32[99999999999]")]
    public void A_wrong_argument_is_a_sentence(string sentence, string argument)
    {
        using KernelFolder folder = new();

        CommandRun.Of("ptx", "run", folder.Ptx, "--grid", "1", "--block", "32", "--arg", argument).FailsWith(2, sentence);
    }

    [Theory]
    [InlineData("KERNEL: there is no entry 'axpy', but one of those in the text was expected: saxpy.", "--entry", "axpy")]
    [InlineData("--arch: 'hopper' was given, but a name like sm_80 or sm_90a was expected.", "--arch", "hopper")]
    [InlineData("--arg z: tensor 'z' was asked for, but saxpy.safetensors holds want, x, y.", "--arg", "z")]
    public void What_is_not_there_is_a_sentence(string sentence, params string[] arguments)
    {
        using KernelFolder folder = new();

        CommandRun.Of(["ptx", "run", folder.Ptx, "--grid", "1", "--block", "32", "--input", folder.Tensors, .. arguments])
            .FailsWith(2, sentence.Replace("KERNEL", folder.Ptx));
    }
}
