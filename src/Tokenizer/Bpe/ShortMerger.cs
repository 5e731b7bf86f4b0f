using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Puna.Tokenizer.Bpe;

/// <summary>
/// Merges a pre-token of at most 128 bytes: the lowest rank first, and of equal ranks the leftmost. Each place keeps
/// rank and position in one number, so that one pass of vector minima finds the next merge.
/// </summary>
/// <param name="table">The merges.</param>
internal sealed class ShortMerger(MergeTable table)
{
    /// <summary>Bytes of the longest pre-token it takes.</summary>
    public const int MaxBytes = 128;

    private const int PositionBits = 7;
    private const int RecentBits = 14;
    private const uint None = uint.MaxValue;

    // Ranks asked for lately, in the form of the table's own slots: 128 KiB that stay near, of a table of megabytes.
    private readonly ulong[] _recent = new ulong[1 << RecentBits];
    private readonly uint[] _keys = new uint[MaxBytes];
    private readonly int[] _ids = new int[MaxBytes];
    private readonly byte[] _next = new byte[MaxBytes];
    private readonly byte[] _previous = new byte[MaxBytes];

    /// <summary>Writes the ids of a pre-token.</summary>
    /// <param name="piece">1 to <see cref="MaxBytes"/> bytes.</param>
    /// <param name="output">Room for as many ids as there are bytes.</param>
    /// <returns>How many ids were written.</returns>
    public int Run(ReadOnlySpan<byte> piece, Span<int> output)
    {
        Start(piece);
        int vectors = (piece.Length + 7) / 8, last = piece.Length - 1;
        for (uint key = Lowest(vectors); key != None; key = Lowest(vectors))
        {
            int at = (int)key & (MaxBytes - 1), gone = _next[at];
            int id = table.Result((int)(key >> PositionBits));
            _ids[at] = id;
            _keys[gone] = None;
            if (gone == last)
            {
                last = at;
                _keys[at] = None;
            }
            else
            {
                int next = _next[gone];
                _next[at] = (byte)next;
                _previous[next] = (byte)at;
                _keys[at] = Key(Rank(id, _ids[next]), at);
            }

            if (at > 0)
            {
                int previous = _previous[at];
                _keys[previous] = Key(Rank(_ids[previous], id), previous);
            }
        }

        int count = 0;
        for (int at = 0; at != last; at = _next[at])
            output[count++] = _ids[at];
        output[count++] = _ids[last];
        return count;
    }

    private static uint Key(int rank, int at) =>
        rank == MergeTable.NoRank ? None : ((uint)rank << PositionBits) | (uint)at;

    private int Rank(int left, int right)
    {
        ulong pair = MergeTable.Pair(left, right);
        ref ulong recent = ref _recent[(int)((pair * 0x9E3779B97F4A7C15) >> (64 - RecentBits))];
        if (recent >> MergeTable.RankBits != pair || recent == 0)
            recent = (pair << MergeTable.RankBits) | (uint)table.Rank(left, right);
        return (int)(recent & MergeTable.NoRank);
    }

    private void Start(ReadOnlySpan<byte> piece)
    {
        _keys.AsSpan(0, (piece.Length + 7) & ~7).Fill(None);
        for (int i = 0; i < piece.Length; i++)
        {
            _ids[i] = table.ByteId(piece[i]);
            _next[i] = (byte)(i + 1);
            _previous[i] = (byte)(i - 1);
            if (i > 0)
                _keys[i - 1] = Key(table.ByteRank(piece[i - 1], piece[i]), i - 1);
        }
    }

    private uint Lowest(int vectors)
    {
        ReadOnlySpan<Vector256<uint>> keys = MemoryMarshal.Cast<uint, Vector256<uint>>(_keys)[..vectors];
        Vector256<uint> lowest = keys[0];
        for (int i = 1; i < keys.Length; i++)
            lowest = Vector256.Min(lowest, keys[i]);
        Vector128<uint> four = Vector128.Min(lowest.GetLower(), lowest.GetUpper());
        four = Vector128.Min(four, Vector128.Shuffle(four, Vector128.Create(2u, 3, 0, 1)));
        return Math.Min(four.GetElement(0), four.GetElement(1));
    }
}
