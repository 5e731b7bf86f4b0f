using System.Globalization;
using System.Text;

namespace Puna.Tools.Measure;

/// <summary>The machine, its roofs and the ops as Markdown whose columns stand below each other.</summary>
internal static class OpTable
{
    /// <summary>The machine and its roofs.</summary>
    public static string Head(Machine machine, Roofs roofs)
    {
        StringBuilder text = new();
        text.AppendLine(CultureInfo.InvariantCulture, $"{machine.Name}; {string.Join(", ", machine.Features)}; {machine.Cores} threads, {roofs.Threads} used")
            .AppendLine(CultureInfo.InvariantCulture, $"caches: L2 {Size(machine.L2Bytes)} each, L3 {Size(machine.L3Bytes)}; memory {Size(machine.MemoryBytes)}, pages {roofs.PageKind} (system: {machine.LargePages ?? "not known"})")
            .AppendLine(CultureInfo.InvariantCulture, $"{machine.System}; {machine.Runtime}; load {(machine.Load is { } load ? load.ToString("F2", CultureInfo.InvariantCulture) : "not known")} at the start; clocks not locked")
            .AppendLine().AppendLine("| roof, best pass    | 1 thread | all threads | unit  |").AppendLine("|--------------------|---------:|------------:|-------|");
        foreach ((string name, Peak? peak, string unit) in roofs.Lines())
            text.AppendLine(CultureInfo.InvariantCulture, $"| {name,-18} | {Number(peak?.One, 1),8} | {Number(peak?.All, 1),11} | {unit,-5} |");
        return text.ToString();
    }

    /// <summary>The ops; nothing where there are none.</summary>
    public static string Rows(IReadOnlyList<OpRow> rows)
    {
        if (rows.Count == 0)
            return "";
        int width = rows.Max(r => r.Case.Id.Length);
        StringBuilder text = new();
        text.AppendLine().AppendLine(Line("op".PadRight(width), "data", "copies", "median µs", "least µs", "GB/s", "Gop/s", "bound", "% of roof", "least's %", "error", "check", "bits"))
            .AppendLine($"|{new string('-', width + 2)}|------|-------:|----------:|----------:|-------:|-------:|------------|----------:|----------:|---------:|-------|------|");
        foreach (OpRow row in rows)
        {
            text.AppendLine(Line(row.Case.Id.PadRight(width), row.Data, $"{row.Timing.Copies}",
                Number(row.Timing.Median / 1e3, 2), Number(row.Timing.Least / 1e3, 2), Number(row.GigabytesPerSecond, 1), Number(row.GigaopsPerSecond, 1),
                row.Bound.ToString().ToLowerInvariant(), Number(row.PercentOfRoof, 0), Number(row.BestPercentOfRoof, 0),
                row.Check.LargestError.ToString("G2", CultureInfo.InvariantCulture), row.Check.IsRight ? "pass" : "FAIL", row.Check.BitsRepeat ? "same" : "DIFF"));
        }

        return text.ToString();
    }

    private static string Line(string id, string data, string copies, string median, string least, string bytes, string operations,
        string bound, string percent, string best, string error, string check, string bits) =>
        $"| {id} | {data,-4} | {copies,6} | {median,9} | {least,9} | {bytes,6} | {operations,6} | {bound,-10} | {percent,9} | {best,9} | {error,8} | {check,-5} | {bits,-4} |";

    private static string Number(double? value, int digits) => value?.ToString($"F{digits}", CultureInfo.InvariantCulture) ?? "-";

    private static string Size(long? bytes) => bytes switch
    {
        null => "not known",
        >= 1L << 30 => $"{bytes >> 30} GiB",
        >= 1 << 20 => $"{bytes >> 20} MiB",
        _ => $"{bytes >> 10} KiB",
    };
}
