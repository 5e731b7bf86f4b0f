using System.Numerics;

namespace Puna.Tokenizer.Bpe;

/// <summary>
/// The rank of each pair of neighbouring tokens that merges, and the token that results. A slot of the open-addressing
/// table packs left id, right id (20 bits each) and rank (24 bits) into eight bytes; pairs of single bytes, with which
/// every merge begins, have a table of their own.
/// </summary>
internal sealed class MergeTable
{
    /// <summary>What <see cref="Rank"/> answers for two tokens that do not merge; no rank is as high.</summary>
    public const int NoRank = MaxMerges;

    /// <summary>Merges that a table can hold.</summary>
    public const int MaxMerges = (1 << RankBits) - 1;

    /// <summary>Ids that a table can tell apart.</summary>
    public const int MaxIds = (1 << 20) - 1;

    /// <summary>Bits of a rank in a slot, below the pair.</summary>
    public const int RankBits = 24;

    private const ulong Empty = ulong.MaxValue;

    private readonly ulong[] _slots;
    private readonly int _shift;
    private readonly int[] _results;
    private readonly int[] _byteIds = new int[256];
    private readonly int[] _byteRanks = new int[256 * 256];

    /// <summary>Fills the table.</summary>
    /// <param name="merges">Different pairs, ranks below <see cref="NoRank"/>.</param>
    /// <param name="vocabulary">Knows the ids of the 256 single bytes.</param>
    public MergeTable(IReadOnlyList<Merge> merges, Vocabulary vocabulary)
    {
        // At most two thirds full, so that a search ends soon.
        int bits = Math.Max(4, BitOperations.Log2(BitOperations.RoundUpToPowerOf2((uint)merges.Count * 3 / 2)));
        _shift = 64 - bits;
        _slots = new ulong[1 << bits];
        _results = new int[merges.Count == 0 ? 0 : merges.Max(m => m.Rank) + 1];
        Array.Fill(_slots, Empty);
        foreach (Merge merge in merges)
        {
            _results[merge.Rank] = merge.Result;
            ulong pair = Pair(merge.Left, merge.Right);
            int slot = Slot(pair);
            while (_slots[slot] != Empty)
                slot = (slot + 1) & (_slots.Length - 1);
            _slots[slot] = (pair << RankBits) | (uint)merge.Rank;
        }

        for (int b = 0; b < 256; b++)
            _byteIds[b] = vocabulary.Find([(byte)b]);
        for (int left = 0; left < 256; left++)
        {
            for (int right = 0; right < 256; right++)
                _byteRanks[(left << 8) | right] = Rank(_byteIds[left], _byteIds[right]);
        }
    }

    /// <summary>The token of a single byte.</summary>
    public int ByteId(byte value) => _byteIds[value];

    /// <summary>The rank of two bytes that are tokens, or <see cref="NoRank"/>.</summary>
    public int ByteRank(byte left, byte right) => _byteRanks[(left << 8) | right];

    /// <summary>The token that the merge of this rank makes.</summary>
    public int Result(int rank) => _results[rank];

    /// <summary>The rank of two neighbouring tokens, or <see cref="NoRank"/>.</summary>
    public int Rank(int left, int right)
    {
        ulong pair = Pair(left, right);
        for (int slot = Slot(pair); ; slot = (slot + 1) & (_slots.Length - 1))
        {
            ulong entry = _slots[slot];
            if (entry >> RankBits == pair)
                return (int)(entry & NoRank);
            if (entry == Empty)
                return NoRank;
        }
    }

    /// <summary>The upper part of a pair's slot.</summary>
    public static ulong Pair(int left, int right) => ((ulong)left << 20) | (uint)right;

    private int Slot(ulong pair) => (int)((pair * 0x9E3779B97F4A7C15) >> _shift);
}
