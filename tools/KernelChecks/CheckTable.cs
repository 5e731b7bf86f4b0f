using System.Globalization;
using Puna.Kernels.Gpu.Emulator;

namespace Puna.Tools.KernelChecks;

/// <summary>Lines of a table of checks, written as they come.</summary>
/// <param name="nameWidth">Characters of the longest name.</param>
internal sealed class CheckTable(int nameWidth)
{
    private readonly int _nameWidth = Math.Max(nameWidth, "kernel".Length);

    /// <summary>The columns' names.</summary>
    public string Header => Line("kernel", "run", "result", "largest error", "instructions", "conflicts", "sectors", "reports");

    /// <summary>One check.</summary>
    /// <param name="name">The kernel.</param>
    /// <param name="result">What it gave.</param>
    public string Row(string name, CheckResult result)
    {
        Counters? counters = result.Counters;
        return Line(name, result.Label, result.IsRight ? "pass" : "FAIL",
            result.Outcome is { } outcome ? outcome.LargestError.ToString("G3", CultureInfo.InvariantCulture) : "-",
            Number(counters?.WarpInstructions), Number(counters?.SharedConflicts), Number(counters?.GlobalSectors),
            Number(counters is null ? null : result.Reports.Count()));
    }

    /// <summary>A kernel that was not run.</summary>
    /// <param name="name">The kernel.</param>
    /// <param name="label">What it was not run on.</param>
    public string Skipped(string name, string label) => Line(name, label, "skip", "-", "-", "-", "-", "-");

    private string Line(string name, string run, string result, string error, string instructions, string conflicts,
        string sectors, string reports) =>
        $"{name.PadRight(_nameWidth)}  {run,-5}  {result,-6}  {error,13}  {instructions,12}  {conflicts,9}  {sectors,8}  {reports,7}";

    private static string Number(long? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "-";
}
