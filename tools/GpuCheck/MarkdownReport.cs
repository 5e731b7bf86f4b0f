using System.Globalization;
using System.Text;

namespace Puna.Tools.GpuCheck;

/// <summary>A report for people.</summary>
internal static class MarkdownReport
{
    private const string NotMeasured = "not measured";

    /// <summary>The file's text.</summary>
    public static string Write(CheckReport report)
    {
        var text = new StringBuilder();
        DeviceRow device = report.Device;
        text.Append(CultureInfo.InvariantCulture, $"""
            # gpu-check: {device.Name}

            | | |
            |---|---|
            | date | {report.Date:yyyy-MM-dd HH:mm} UTC, {report.Seconds:F0} s |
            | command | `{report.Command}` |
            | device | {device.Name}, {device.Arch}, {device.Multiprocessors} multiprocessors, L2 {device.L2Bytes >> 20} MiB, memory {device.MemoryBytes >> 20} MiB |
            | driver | {(device.Driver is null ? "none: emulated" : $"CUDA {device.Driver}")} |
            | copy | {Number(report.Roofs.CopyGigabytesPerSecond, "GB/s")} |
            | read only | {Number(report.Roofs.ReadGigabytesPerSecond, "GB/s")} |
            | data sheet | {(report.Roofs.DataSheetGigabytesPerSecond is { } sheet ? Number(sheet, "GB/s") : "not known")} |
            | mma.sync, BF16 | {Number(report.Roofs.MmaTeraflops, "TFLOP/s")} |
            | wgmma, BF16 | {Number(report.Roofs.WgmmaTeraflops, "TFLOP/s")} |
            | assembler | {(report.Assembler is null ? "none" : $"ptxas {report.Assembler}")} |

            {report.Summary}.


            """);
        foreach (string note in report.Notes)
            text.Append($"- {note}\n");
        new KernelTable(report).Write(text);
        Timings(text, report);
        Checks(text, report);
        SanitizerRows(text, report);
        return text.ToString();
    }

    private static void Timings(StringBuilder text, CheckReport report)
    {
        if (report.Timings.IsEmpty)
            return;
        text.Append("\n## Timings\n\nMedian of a graph's launches over rotating copies of the buffers; *warm* where they fit the cache.\n\n");
        text.Append("| kernel | arch | shape | µs | min to max | GB/s | % of copy | % of data sheet | TFLOP/s | % of mma | data |\n");
        text.Append("|---|---|---|--:|--:|--:|--:|--:|--:|--:|---|\n");
        foreach (TimingRow row in report.Timings)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {row.Kernel} | {row.Arch} | {row.Shape} | {row.Time.MedianMicroseconds:F2} | {row.Time.LeastMicroseconds:F2} to {row.Time.MostMicroseconds:F2} ")
                .Append(CultureInfo.InvariantCulture, $"| {row.GigabytesPerSecond:F0} | {Percent(row.PercentOfCopy)} | {Percent(row.PercentOfDataSheet)} ")
                .Append(CultureInfo.InvariantCulture, $"| {row.Teraflops:F2} | {Percent(row.PercentOfTensorPeak)} | {(row.Time.IsCold ? "cold" : "warm")} |\n");
        }
    }

    private static void Checks(StringBuilder text, CheckReport report)
    {
        text.Append("\n## Checks\n\n| kernel | arch | shape | run | result | largest error | registers | local bytes |\n|---|---|---|---|---|--:|--:|--:|\n");
        foreach (CheckRow row in report.Checks)
        {
            string error = row.LargestError?.ToString("G3", CultureInfo.InvariantCulture) ?? "-";
            text.Append($"| {row.Kernel} | {row.Arch} | {row.Shape} | {row.Run} | {Word(row.Result)} | {error} | {Count(row.Registers)} | {Count(row.LocalBytes)} |\n");
        }

        foreach (CheckRow row in report.Checks.Where(c => c.Result == CheckVerdict.Fail))
            text.Append($"\n- {string.Join("\n  ", row.Problems)}");
    }

    private static void SanitizerRows(StringBuilder text, CheckReport report)
    {
        if (report.Sanitizer.IsEmpty)
            return;
        text.Append("\n## compute-sanitizer\n\n| tool | result |\n|---|---|\n");
        foreach (SanitizerRow row in report.Sanitizer)
            text.Append($"| {row.Tool} | {Word(row.Result)}{(row.Result == CheckVerdict.Skip ? $": {row.Words}" : "")} |\n");
        foreach (SanitizerRow row in report.Sanitizer.Where(s => s.Result == CheckVerdict.Fail))
            text.Append($"\n{row.Tool}:\n\n```text\n{row.Words}\n```\n");
    }

    /// <summary>A verdict in a table.</summary>
    public static string Word(CheckVerdict verdict) => verdict == CheckVerdict.Fail ? "**FAIL**" : verdict.ToString().ToLowerInvariant();

    private static string Number(double? value, string unit) =>
        value is { } number ? string.Create(CultureInfo.InvariantCulture, $"{number:F0} {unit}") : NotMeasured;

    private static string Percent(double? value) => value?.ToString("F0", CultureInfo.InvariantCulture) ?? "-";

    private static string Count(int? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "-";
}
