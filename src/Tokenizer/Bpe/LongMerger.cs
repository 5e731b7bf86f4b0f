using System.Numerics;

namespace Puna.Tokenizer.Bpe;

/// <summary>
/// Merges a pre-token of any length in O(n log n): the same order as <see cref="ShortMerger"/>, with a heap of
/// (rank, position) and a linked list of the parts. An entry whose rank is no longer that of its place is stale.
/// </summary>
/// <param name="table">The merges.</param>
internal sealed class LongMerger(MergeTable table)
{
    private ulong[] _heap = [];
    private int _heapCount;
    private int[] _ids = [], _next = [], _previous = [], _ranks = [];

    /// <summary>Appends the ids of a pre-token.</summary>
    /// <param name="piece">Not empty.</param>
    /// <param name="output">Where the ids go.</param>
    public void Run(ReadOnlySpan<byte> piece, List<int> output)
    {
        Start(piece);
        while (_heapCount > 0)
        {
            ulong top = Pop();
            int at = (int)(top & uint.MaxValue), rank = (int)(top >> 32);
            if (_ranks[at] == rank)
                Merge(at, table.Result(rank), piece.Length);
        }

        for (int at = 0; at < piece.Length; at = _next[at])
            output.Add(_ids[at]);
    }

    private void Merge(int at, int id, int length)
    {
        int gone = _next[at], next = _next[gone], previous = _previous[at];
        _ids[at] = id;
        _ranks[gone] = MergeTable.NoRank;
        _next[at] = next;
        _ranks[at] = MergeTable.NoRank;
        if (next < length)
        {
            _previous[next] = at;
            Rank(at, table.Rank(id, _ids[next]));
        }

        if (previous >= 0)
            Rank(previous, table.Rank(_ids[previous], id));
    }

    private void Start(ReadOnlySpan<byte> piece)
    {
        // A merge pushes at most two entries for the part that it removes.
        if (_ids.Length < piece.Length)
        {
            int capacity = (int)BitOperations.RoundUpToPowerOf2((uint)piece.Length);
            _ids = new int[capacity];
            _next = new int[capacity];
            _previous = new int[capacity];
            _ranks = new int[capacity];
            _heap = new ulong[checked(capacity * 3)];
        }

        _heapCount = 0;
        for (int i = 0; i < piece.Length; i++)
        {
            _ids[i] = table.ByteId(piece[i]);
            _next[i] = i + 1;
            _previous[i] = i - 1;
            _ranks[i] = MergeTable.NoRank;
            if (i + 1 < piece.Length)
                Rank(i, table.ByteRank(piece[i], piece[i + 1]));
        }
    }

    private void Rank(int at, int rank)
    {
        _ranks[at] = rank;
        if (rank != MergeTable.NoRank)
            Push(((ulong)rank << 32) | (uint)at);
    }

    private void Push(ulong entry)
    {
        int at = _heapCount++;
        while (at > 0 && _heap[(at - 1) / 2] > entry)
        {
            _heap[at] = _heap[(at - 1) / 2];
            at = (at - 1) / 2;
        }

        _heap[at] = entry;
    }

    private ulong Pop()
    {
        ulong top = _heap[0], moved = _heap[--_heapCount];
        int at = 0;
        for (int child = 1; child < _heapCount; child = 2 * at + 1)
        {
            if (child + 1 < _heapCount && _heap[child + 1] < _heap[child])
                child++;
            if (_heap[child] >= moved)
                break;
            _heap[at] = _heap[child];
            at = child;
        }

        _heap[at] = moved;
        return top;
    }
}
