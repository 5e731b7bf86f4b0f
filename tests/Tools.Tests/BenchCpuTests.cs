using System.Text.Json;

namespace Puna.Tools.Tests;

public class BenchCpuTests
{
    [Fact]
    public void Ids_are_listed_without_measuring_one_for_each_op_shape_and_format()
    {
        string[] all = Lines("bench", "cpu", "--list"), small = Lines("bench", "cpu", "--list", "--quick");

        Assert.Equal(all.Distinct(), all);
        Assert.Equal(all.Where(id => !id.Contains("/3b/", StringComparison.Ordinal) && !id.Contains("/8b/", StringComparison.Ordinal)), small);
        foreach (string id in (string[])["mat_mul/1b/qkv/M1/bf16_bf16", "mat_mul/8b/down/M512/i8x8_i8", "mat_mul/3b/lm-head/M1/f8e4m3_f32",
            "attention/8b/context-8192/M1/bf16", "attention/1b/context-1024/M512/f32", "rms_norm/3b/M512/f32", "sample/128k/top-k-50/f32"])
            Assert.Contains(id, all);
        Assert.DoesNotContain(all, id => id.Contains("/spec/", StringComparison.Ordinal));
    }

    [Fact]
    public void A_filter_chooses_by_text_or_by_pattern()
    {
        Assert.Equal(["add/1b/M1/f32", "add/1b/M512/f32"], Lines("bench", "cpu", "--list", "--filter", "add/1b"));
        Assert.Equal(["silu_mul/8b/M1/f32"], Lines("bench", "cpu", "--list", "--filter", "silu*8b*/M1/*"));
        CommandRun.Of("bench", "cpu", "--filter", "frob").FailsWith(2, "--filter: 'frob' was given, but none of the "
            + $"{Lines("bench", "cpu", "--list").Length} ops has it in its id. The first is 'add/1b/M1/f32'. See 'puna bench cpu --list'.");
    }

    [Fact]
    public void A_table_shows_machine_roofs_and_ops_that_are_right()
    {
        string[] lines = Lines("bench", "cpu", "--quick", "--threads", "2", "--filter", "rms_norm/1b/M1/*");

        Assert.Contains(lines, l => l.StartsWith("| memory, read       | ", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.StartsWith("| F32 multiply-add   | ", StringComparison.Ordinal));
        string row = Assert.Single(lines, l => l.StartsWith("| rms_norm/1b/M1/f32 | warm |      1 | ", StringComparison.Ordinal));
        Assert.EndsWith("| pass  | same |", row, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_holds_samples_and_roofs_and_null_for_what_is_not_known()
    {
        CommandRun run = CommandRun.Of("bench", "cpu", "--quick", "--threads", "2", "--filter", "mat_mul/1b/o/M1/bf16_f32", "--json");

        JsonElement json = JsonDocument.Parse(run.Succeeds()).RootElement, row = json.GetProperty("rows")[0];
        Assert.Equal("puna-bench/1", json.GetProperty("schema").GetString());
        Assert.Equal(2, json.GetProperty("device").GetProperty("threads").GetInt32());
        Assert.True(json.GetProperty("roofs").GetProperty("dram_read_gbs").GetProperty("all_threads").GetDouble() > 0.1);
        Assert.True(json.GetProperty("roofs").GetProperty("f32_gops").GetProperty("one_thread").GetDouble() > 0.1);
        Assert.Equal(JsonValueKind.Null, json.GetProperty("roofs").GetProperty("datasheet").ValueKind);
        Assert.Equal(("mat_mul/1b/o/M1/bf16_f32", "mat_mul", "bf16_f32", "cold"), (Text(row, "id"), Text(row, "op"), Text(row, "format"), Text(row, "cache")));
        Assert.Equal((4L * 4096 + 2L * 2048 * 2048, 2L * 2048 * 2048), (row.GetProperty("bytes").GetInt64(), row.GetProperty("flops").GetInt64()));
        double[] samples = [.. row.GetProperty("samples_ns").EnumerateArray().Select(s => s.GetDouble())];
        Assert.Equal(samples.Length, row.GetProperty("n").GetInt32());
        Assert.Equal(samples.Min(), row.GetProperty("ns").GetProperty("min").GetDouble(), tolerance: 0.1);
        Assert.True(row.GetProperty("check").GetProperty("pass").GetBoolean() && row.GetProperty("bits").GetProperty("repeat").GetBoolean());
        Assert.Equal(JsonValueKind.Null, row.GetProperty("samples_mhz").ValueKind);
        Assert.Equal("puna bench cpu --filter 'mat_mul/1b/o/M1/bf16_f32' --threads 2", Text(row, "repro"));
    }

    private static string? Text(JsonElement row, string name) => row.GetProperty(name).GetString();

    private static string[] Lines(params string[] arguments) =>
        CommandRun.Of(arguments).Succeeds().ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
