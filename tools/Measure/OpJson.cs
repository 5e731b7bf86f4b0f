using System.Reflection;
using System.Text.Json;

namespace Puna.Tools.Measure;

/// <summary>What was measured as one JSON object of the schema <c>puna-bench/1</c>; what is not known is null.</summary>
internal static class OpJson
{
    /// <summary>Writes the object.</summary>
    /// <param name="json">Takes it.</param>
    /// <param name="machine">The machine.</param>
    /// <param name="roofs">Its roofs.</param>
    /// <param name="rows">The ops.</param>
    /// <param name="repro">The command line, given a row's id.</param>
    public static void Write(Utf8JsonWriter json, Machine machine, Roofs roofs, IReadOnlyList<OpRow> rows, Func<string, string> repro)
    {
        json.WriteStartObject();
        json.WriteString("schema", "puna-bench/1");
        WriteDevice(json, machine, roofs);
        WriteRoofs(json, roofs);
        json.WriteStartObject("build");
        json.WriteString("version", typeof(OpJson).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion);
        json.WriteString("dotnet", machine.Runtime);
        json.WriteEndObject();
        json.WriteStartArray("rows");
        foreach (OpRow row in rows)
            WriteRow(json, row, machine, repro(row.Case.Id));
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteDevice(Utf8JsonWriter json, Machine machine, Roofs roofs)
    {
        json.WriteStartObject("device");
        json.WriteString("name", machine.Name);
        json.WriteStartArray("features");
        foreach (string feature in machine.Features)
            json.WriteStringValue(feature);
        json.WriteEndArray();
        json.WriteNumber("cores", machine.Cores);
        json.WriteNumber("threads", roofs.Threads);
        WriteNumber(json, "l2_bytes", machine.L2Bytes);
        WriteNumber(json, "l3_bytes", machine.L3Bytes);
        json.WriteNumber("mem_bytes", machine.MemoryBytes);
        json.WriteString("pages", roofs.PageKind);
        json.WriteString("large_pages", machine.LargePages);
        WriteNumber(json, "load", machine.Load);
        json.WriteString("system", machine.System);
        json.WriteNull("clock_lock");
        json.WriteEndObject();
    }

    private static void WriteRoofs(Utf8JsonWriter json, Roofs roofs)
    {
        json.WriteStartObject("roofs");
        foreach ((string name, Peak? peak) in new (string, Peak?)[]
        {
            ("dram_read_gbs", roofs.Read), ("dram_copy_gbs", roofs.Copy), ("l3_read_gbs", roofs.L3Read), ("l2_read_gbs", roofs.L2Read),
            ("f32_gops", roofs.F32), ("bf16_gops", roofs.BF16), ("int8_gops", roofs.I8),
        })
        {
            json.WriteStartObject(name);
            WriteNumber(json, "one_thread", peak?.One);
            WriteNumber(json, "all_threads", peak?.All);
            json.WriteEndObject();
        }

        json.WriteNull("datasheet");
        json.WriteEndObject();
    }

    private static void WriteRow(Utf8JsonWriter json, OpRow row, Machine machine, string repro)
    {
        json.WriteStartObject();
        json.WriteString("id", row.Case.Id);
        json.WriteString("op", row.Case.Op);
        json.WriteStartArray("shape");
        foreach (int size in row.Case.Shape.Shape)
            json.WriteNumberValue(size);
        json.WriteEndArray();
        json.WriteString("format", row.Case.Format);
        json.WriteString("cache", row.Data);
        json.WriteNumber("rotation", row.Timing.Copies);
        json.WriteString("timer", "host");
        json.WriteNumber("per_launch", row.Timing.CallsPerSample);
        json.WriteString("stop", row.Timing.Stop);
        json.WriteNumber("n", row.Timing.Samples.Length);
        WriteTimes(json, row.Timing);
        json.WriteNumber("bytes", row.Case.Bytes);
        json.WriteNumber("flops", row.Case.Flops);
        json.WriteNumber("gbs", row.GigabytesPerSecond);
        json.WriteNumber("gops", row.GigaopsPerSecond);
        json.WriteNumber("pct_roof", row.PercentOfRoof);
        json.WriteNumber("pct_roof_least", row.BestPercentOfRoof);
        json.WriteNull("pct_datasheet");
        json.WriteString("bound", row.Bound.ToString().ToLowerInvariant());
        WriteCheck(json, row.Check);
        json.WriteNull("throttled");
        json.WriteStartArray("notes");
        json.WriteStringValue("clocks not locked");
        if (machine.Load > 0.5)
            json.WriteStringValue($"load {machine.Load:F2} at the start");
        json.WriteEndArray();
        json.WriteString("repro", repro);
        json.WriteEndObject();
    }

    private static void WriteTimes(Utf8JsonWriter json, OpTiming timing)
    {
        json.WriteStartObject("ns");
        json.WriteNumber("min", timing.Least);
        json.WriteNumber("q1", timing.At(0.25));
        json.WriteNumber("median", timing.Median);
        json.WriteNumber("q3", timing.At(0.75));
        json.WriteNumber("p95", timing.At(0.95));
        json.WriteNumber("max", timing.At(1));
        json.WriteEndObject();
        json.WriteStartArray("samples_ns");
        foreach (double sample in timing.Samples)
            json.WriteNumberValue(Math.Round(sample, 1));
        json.WriteEndArray();
        json.WriteNull("samples_mhz");
    }

    private static void WriteCheck(Utf8JsonWriter json, OpCheck check)
    {
        json.WriteStartObject("check");
        json.WriteBoolean("pass", check.IsRight);
        json.WriteNumber("compared", check.Compared);
        json.WriteNumber("max_abs", check.LargestError);
        json.WriteNumber("rel_l2", check.RelativeError);
        json.WriteNumber("nan", check.NaNs);
        json.WriteNumber("tolerance", check.Tolerance);
        json.WriteEndObject();
        json.WriteStartObject("bits");
        json.WriteBoolean("repeat", check.BitsRepeat);
        json.WriteNull("M");
        json.WriteNull("stream");
        json.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number)
            json.WriteNumber(name, number);
        else
            json.WriteNull(name);
    }
}
