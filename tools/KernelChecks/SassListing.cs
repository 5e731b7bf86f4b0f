using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Puna.Tools.KernelChecks;

/// <summary>Machine code as <c>nvdisasm -c</c> lists it: its instructions and its loops.</summary>
/// <param name="Instructions">Without the padding at the end.</param>
/// <param name="Loops">Natural loops, without those that only wait for a barrier.</param>
internal sealed partial record SassListing(ImmutableArray<SassInstruction> Instructions, ImmutableArray<SassLoop> Loops)
{
    private const int LongestWait = 8;   // instructions of a loop that tries a barrier until it is through

    /// <summary>No code.</summary>
    public static SassListing Empty { get; } = new([], []);

    /// <summary>The longest loop that holds no other; empty without a loop.</summary>
    public ImmutableArray<SassInstruction> LongestLoop
    {
        get
        {
            SassLoop? longest = Loops.Where(l => !Loops.Any(inner => inner != l && l.Body.IsSupersetOf(inner.Body))).MaxBy(l => l.Body.Count);
            return longest is null ? [] : [.. longest.Body.Order().Select(i => Instructions[i])];
        }
    }

    /// <summary>Instructions of the longest innermost loop; 0 without a loop.</summary>
    public int LoopInstructions => LongestLoop.Length;

    /// <summary>Whether an instruction begins with this mnemonic, as in <c>HMMA</c> or <c>LDG.E.128</c>.</summary>
    public bool Has(string mnemonic) => Instructions.Any(i =>
        i.Mnemonic == mnemonic || i.Mnemonic.StartsWith(mnemonic + ".", StringComparison.Ordinal));

    /// <summary>Reads a listing.</summary>
    public static SassListing Parse(string text)
    {
        List<SassInstruction> instructions = [];
        Dictionary<string, int> labels = new(StringComparer.Ordinal);
        foreach (string line in text.Split('\n'))
        {
            if (Label().Match(line) is { Success: true } label)
                labels[label.Groups["name"].Value] = instructions.Count;
            else if (Code().Match(line) is { Success: true } code)
                instructions.Add(SassInstruction.Parse(code.Groups["text"].Value.Trim()));
        }

        while (instructions is [.., { Mnemonic: "NOP" }])
            instructions.RemoveAt(instructions.Count - 1);
        ImmutableArray<SassLoop> loops = [.. SassLoop.Find(instructions, labels).Where(l => !IsWait(l, instructions))];
        return new SassListing([.. instructions], loops);
    }

    // the branch to itself after the last EXIT is a trap for instruction fetch
    private static bool IsWait(SassLoop loop, List<SassInstruction> instructions) => loop.Body.Count == 1
        || (loop.Body.Count <= LongestWait && loop.Body.Any(i => instructions[i].Mnemonic.StartsWith("SYNCS", StringComparison.Ordinal)));

    [GeneratedRegex(@"^(?<name>\.L\w+):")]
    private static partial Regex Label();

    [GeneratedRegex(@"^\s*/\*[0-9a-f]+\*/\s+(?<text>[^;]+);")]
    private static partial Regex Code();
}

/// <summary>One instruction.</summary>
/// <param name="Mnemonic">As in <c>LDG.E.128</c>.</param>
/// <param name="Target">Label that it may branch to; null for none.</param>
/// <param name="FallsThrough">Whether the next instruction may follow.</param>
internal sealed partial record SassInstruction(string Mnemonic, string? Target, bool FallsThrough)
{
    /// <summary>Reads an instruction without its semicolon.</summary>
    public static SassInstruction Parse(string text)
    {
        string predicate = text[0] == '@' ? text.Split(' ')[0] : "";
        string[] words = text[predicate.Length..].Trim().Split([' '], 2);
        string name = words[0];
        bool isBranch = name == "BRA" || name.StartsWith("BRA.", StringComparison.Ordinal) || name == "JMP";
        string? target = isBranch && Label().Match(text) is { Success: true } label ? label.Groups["name"].Value : null;
        // BRA.DIV and "BRA P0, …" have a condition of their own
        bool isSure = predicate.Length == 0 && !name.Contains(".DIV", StringComparison.Ordinal)
            && !(isBranch && words.Length > 1 && words[1].Contains(','));
        bool ends = isBranch || name is "EXIT" or "BRX" or "RET" || name.StartsWith("RET.", StringComparison.Ordinal);
        return new SassInstruction(name, target, !(ends && isSure));
    }

    [GeneratedRegex(@"`\((?<name>\.L\w+)\)")]
    private static partial Regex Label();
}

/// <summary>A natural loop: what can run between its head and a branch back to it.</summary>
/// <param name="Body">Indices of its instructions.</param>
internal sealed record SassLoop(ImmutableHashSet<int> Body)
{
    /// <summary>The loops of a function: for each head, all that reaches a branch back to it without passing it.</summary>
    public static IEnumerable<SassLoop> Find(IReadOnlyList<SassInstruction> code, IReadOnlyDictionary<string, int> labels)
    {
        List<int>[] next = [.. code.Select((c, i) => Successors(c, i, code.Count, labels))], previous = [.. code.Select(_ => new List<int>())];
        for (int i = 0; i < code.Count; i++)
            next[i].ForEach(n => previous[n].Add(i));
        return
            from edge in Enumerable.Range(0, code.Count).SelectMany(i => next[i].Select(n => (From: i, To: n)))
            where edge.To <= edge.From && Dominates(edge.To, edge.From, next)
            group edge.From by edge.To into loop
            select new SassLoop(BodyOf(loop.Key, loop, previous));
    }

    private static List<int> Successors(SassInstruction code, int index, int count, IReadOnlyDictionary<string, int> labels)
    {
        List<int> next = [];
        if (code.FallsThrough && index + 1 < count)
            next.Add(index + 1);
        if (code.Target is not null && labels.TryGetValue(code.Target, out int target) && target < count)
            next.Add(target);
        return next;
    }

    // a head dominates what the entry cannot reach without it
    private static bool Dominates(int head, int index, List<int>[] next)
    {
        HashSet<int> seen = [head];
        Stack<int> open = new(head == 0 ? [] : [0]);
        while (open.TryPop(out int i))
        {
            if (seen.Add(i))
                next[i].ForEach(open.Push);
        }

        return index == head || !seen.Contains(index);
    }

    private static ImmutableHashSet<int> BodyOf(int head, IEnumerable<int> ends, List<int>[] previous)
    {
        HashSet<int> body = [head];
        Stack<int> open = new(ends);
        while (open.TryPop(out int i))
        {
            if (body.Add(i))
                previous[i].ForEach(open.Push);
        }

        return [.. body];
    }
}
