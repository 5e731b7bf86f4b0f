using System.Numerics;

namespace Puna.Tokenizer.Bpe;

/// <summary>Finds the names of special tokens in text: the leftmost, and of those at one place the longest.</summary>
/// <typeparam name="TUnit">The text's unit: a byte of UTF-8 or a UTF-16 unit.</typeparam>
internal sealed class SpecialTokenTrie<TUnit>
    where TUnit : unmanaged, IBinaryInteger<TUnit>
{
    private readonly Dictionary<(int Node, TUnit Unit), int> _edges = [];
    private readonly List<int> _ids = [-1];
    private readonly TUnit[] _firstUnits;

    /// <summary>Builds the trie.</summary>
    /// <param name="names">Name and id; no name is empty.</param>
    public SpecialTokenTrie(IEnumerable<(TUnit[] Name, int Id)> names)
    {
        foreach ((TUnit[] name, int id) in names)
        {
            int node = 0;
            foreach (TUnit unit in name)
            {
                if (!_edges.TryGetValue((node, unit), out int child))
                {
                    child = _ids.Count;
                    _ids.Add(-1);
                    _edges.Add((node, unit), child);
                }

                node = child;
            }

            _ids[node] = id;
        }

        _firstUnits = [.. _edges.Keys.Where(e => e.Node == 0).Select(e => e.Unit)];
    }

    /// <summary>Finds the next special token.</summary>
    /// <param name="text">The text.</param>
    /// <param name="start">Where to begin.</param>
    /// <param name="end">Names must end here at the latest.</param>
    /// <param name="length">The length of the name, in units.</param>
    /// <param name="id">Its id.</param>
    /// <returns>Where the name starts, or <paramref name="end"/> where there is none.</returns>
    public int Find(ReadOnlySpan<TUnit> text, int start, int end, out int length, out int id)
    {
        for (int at = start; at < end; at++)
        {
            int skipped = text[at..end].IndexOfAny(_firstUnits);
            if (skipped < 0)
                break;
            at += skipped;
            if (Match(text[at..end], out length, out id))
                return at;
        }

        length = 0;
        id = -1;
        return end;
    }

    private bool Match(ReadOnlySpan<TUnit> text, out int length, out int id)
    {
        length = 0;
        id = -1;
        int node = 0;
        for (int i = 0; i < text.Length && _edges.TryGetValue((node, text[i]), out node); i++)
        {
            if (_ids[node] >= 0)
                (length, id) = (i + 1, _ids[node]);
        }

        return id >= 0;
    }
}
