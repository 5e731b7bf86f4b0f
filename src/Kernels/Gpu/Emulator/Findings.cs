using System.Collections.Immutable;

namespace Puna.Kernels.Gpu.Emulator;

/// <summary>Collects what a launch finds: the first of each kind and instruction in words, the others as a count.</summary>
internal sealed class Findings
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(FindingKind, int, bool), (Finding First, long Count)> _all = [];

    /// <summary>Counts a finding; true where it is the first of its kind at this instruction and wants words.</summary>
    public bool IsNew(FindingKind kind, int instruction, bool isNote)
    {
        lock (_lock)
        {
            if (!_all.TryGetValue((kind, instruction, isNote), out (Finding First, long Count) found))
                return true;
            _all[(kind, instruction, isNote)] = (found.First, found.Count + 1);
            return false;
        }
    }

    /// <summary>Adds the words for one that was new.</summary>
    public void Add(Finding finding, int instruction, bool isNote)
    {
        lock (_lock)
            _all.TryAdd((finding.Kind, instruction, isNote), (finding, 1));
    }

    /// <summary>Mistakes, or notes, in the order of the text.</summary>
    public ImmutableArray<Finding> Take(bool notes)
    {
        lock (_lock)
        {
            return [.. _all.Where(f => f.Key.Item3 == notes).Select(f => f.Value.First with { Count = f.Value.Count })
                .OrderBy(f => f.Line).ThenBy(f => f.Kind)];
        }
    }
}
