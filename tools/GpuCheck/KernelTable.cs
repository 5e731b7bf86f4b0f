using System.Globalization;
using System.Text;

namespace Puna.Tools.GpuCheck;

/// <summary>One line for each kernel and target: what is known of it, from the emulator, the assembler and hardware.</summary>
/// <param name="report">The run.</param>
internal sealed class KernelTable(CheckReport report)
{
    private const string NotMeasured = "not measured";

    /// <summary>Adds the table.</summary>
    public void Write(StringBuilder text)
    {
        text.Append("\n## Kernels\n\nCounts, code and time are those of the shape; *runs* are those of all shapes. Bytes are what threads asked for.\n\n");
        text.Append("| kernel | arch | shape | emulated runs | instructions | conflicts | sectors | bytes / 32 "
            + "| registers | local bytes | loop | on hardware | % of the limit |\n");
        text.Append("|---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n");
        foreach (IGrouping<(string, string), CheckRow> kernel in report.Checks.GroupBy(c => (c.Kernel, c.Arch)))
            Line(text, [.. kernel]);
        Code(text);
    }

    private void Line(StringBuilder text, CheckRow[] rows)
    {
        CheckRow last = rows.LastOrDefault(r => r.Counts is not null) ?? rows[^1];
        AssemblyRow? code = report.Assembly.FirstOrDefault(a => (a.Kernel, a.Arch) == (last.Kernel, last.Arch));
        TimingRow? timing = report.Timings.LastOrDefault(t => (t.Kernel, t.Arch) == (last.Kernel, last.Arch));
        string[] cells =
        [
            last.Kernel, last.Arch, timing?.Shape ?? last.Shape,
            Runs([.. rows.Where(r => r.Counts is not null)]),
            Number(last.Counts?.Instructions), Number(last.Counts?.SharedConflicts), Number(last.Counts?.Sectors), Number(last.Counts?.Bytes / 32),
            Number(code?.Registers ?? last.Registers), Number(code?.LocalBytes ?? last.LocalBytes),
            code is null ? "-" : code.LoopInstructions == 0 ? "none" : Number(code.LoopInstructions),
            timing is null ? NotMeasured : string.Create(CultureInfo.InvariantCulture, $"{timing.Time.MedianMicroseconds:F2} µs"),
            Limit(timing) is { } limit ? string.Create(CultureInfo.InvariantCulture, $"{limit:F0}") : NotMeasured,
        ];
        text.Append(CultureInfo.InvariantCulture, $"| {string.Join(" | ", cells)} |\n");
    }

    private void Code(StringBuilder text)
    {
        if (report.Assembly.IsEmpty)
            return;
        text.Append(CultureInfo.InvariantCulture, $"""

            ## Code

            Assembled by ptxas {report.Assembler} for the same shapes; budgets in brackets. *Loop*: the longest innermost one. *Per 2 KiB*: instructions that a warp issues for
            2 KiB of weights in the loop that multiplies, and what was planned; *issue load*: their share of the {IssueSlots.PerTwoKibibytes} issue slots that an H100 has in the time in which 2 KiB arrive.

            | kernel | arch | result | registers | local bytes | instructions | loop | per 2 KiB | issue load | mnemonics |
            |---|---|---|--:|--:|--:|--:|--:|--:|---|

            """);
        foreach (AssemblyRow row in report.Assembly)
        {
            string loop = row.LoopBudget > 0 ? $"{row.LoopInstructions} ({row.LoopBudget})" : row.LoopInstructions == 0 ? "none" : Number(row.LoopInstructions);
            string rate = row.PerTwoKibibytes is { } reached ? string.Create(CultureInfo.InvariantCulture, $"{reached:F1} ({row.PlannedPerTwoKibibytes})") : "-";
            string load = row.IssueLoadPercent is { } percent ? string.Create(CultureInfo.InvariantCulture, $"{percent:F0} %") : "-";
            text.Append(CultureInfo.InvariantCulture, $"| {row.Kernel} | {row.Arch} | {MarkdownReport.Word(row.Result)} | {row.Registers} ({row.RegisterBudget}) | {row.LocalBytes} ")
                .Append(CultureInfo.InvariantCulture, $"| {row.Instructions} | {loop} | {rate} | {load} | {string.Join(", ", row.Mnemonics)} |\n");
        }

        foreach (AssemblyRow row in report.Assembly.Where(r => r.Result == CheckVerdict.Fail))
            text.Append($"\n- {row.Kernel} {row.Arch}: {string.Join("\n  ", row.Problems)}");
    }

    private static string Runs(CheckRow[] emulated) => emulated.Length == 0 ? "-"
        : $"{emulated.Count(r => r.Result == CheckVerdict.Pass)} of {emulated.Length} pass";

    // the nearer of the two limits is the one that counts
    private static double? Limit(TimingRow? timing) => timing is null ? null
        : new[] { timing.PercentOfCopy, timing.PercentOfTensorPeak }.Max();

    private static string Number(long? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "-";
}
