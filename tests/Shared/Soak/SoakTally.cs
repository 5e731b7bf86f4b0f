using System.Globalization;
using System.Text;

namespace Puna.TestKit.Soak;

/// <summary>What the cases so far have shown, all together and by mode.</summary>
public sealed class SoakTally
{
    private readonly SortedDictionary<string, (int Cases, long Ops, long Logits, double Share, int Problems)> _modes = new(StringComparer.Ordinal);

    /// <summary>Cases so far.</summary>
    public int CaseCount => _modes.Values.Sum(m => m.Cases);

    /// <summary>Differences so far.</summary>
    public int ProblemCount => _modes.Values.Sum(m => m.Problems);

    /// <summary>A line for each mode, as Markdown.</summary>
    public string Table
    {
        get
        {
            StringBuilder text = new("| mode | cases | ops compared | logits compared | most distance / noise | differences |\n|---|--:|--:|--:|--:|--:|\n");
            foreach ((string mode, var m) in _modes)
                text.Append(CultureInfo.InvariantCulture, $"| {mode} | {m.Cases} | {m.Ops} | {m.Logits} | {m.Share:F2} | {m.Problems} |\n");
            return text.ToString();
        }
    }

    /// <summary>Counts a case.</summary>
    public void Add(SoakOutcome outcome)
    {
        string mode = $"{outcome.Case.Format}, cache {outcome.Case.CacheType}";
        var m = _modes.GetValueOrDefault(mode);
        _modes[mode] = (m.Cases + 1, m.Ops + outcome.OpCount, m.Logits + outcome.LogitCount, Math.Max(m.Share, outcome.NoiseShare),
            m.Problems + outcome.Problems.Length);
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{CaseCount} cases in {_modes.Count} modes, {_modes.Values.Sum(m => m.Ops)} ops and {_modes.Values.Sum(m => m.Logits)} logits compared, {ProblemCount} differences";
}
