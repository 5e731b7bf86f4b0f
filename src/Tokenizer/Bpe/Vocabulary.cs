using System.Runtime.InteropServices;

namespace Puna.Tokenizer.Bpe;

/// <summary>
/// The bytes of every token, and the way back from bytes to a token. One blob, offsets into it, and an open-addressing
/// table whose slots hold the upper half of the hash beside the id, so that most misses touch one cache line.
/// </summary>
internal sealed class Vocabulary
{
    // Decoding copies 16 bytes at a time, so the blob has that many to spare.
    private const int Slack = 16;
    private const ulong Empty = ulong.MaxValue;

    private readonly byte[] _blob;
    private readonly int[] _offsets;
    private readonly ulong[] _slots;
    private readonly int _longestFound;

    /// <summary>Joins the tokens.</summary>
    /// <param name="tokens">The bytes of each id; none empty, the findable ones all different.</param>
    /// <param name="findable">How many ids, from 0, <see cref="Find"/> knows: special tokens follow them.</param>
    public Vocabulary(IReadOnlyList<byte[]> tokens, int findable)
    {
        _offsets = new int[tokens.Count + 1];
        for (int id = 0; id < tokens.Count; id++)
            _offsets[id + 1] = checked(_offsets[id] + tokens[id].Length);
        _blob = new byte[_offsets[^1] + Slack];
        for (int id = 0; id < tokens.Count; id++)
            tokens[id].CopyTo(_blob, _offsets[id]);

        _slots = new ulong[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, findable * 2))];
        Array.Fill(_slots, Empty);
        for (int id = 0; id < findable; id++)
        {
            ulong hash = Hash(tokens[id]);
            int slot = (int)hash & (_slots.Length - 1);
            while (_slots[slot] != Empty)
                slot = (slot + 1) & (_slots.Length - 1);
            _slots[slot] = (hash & 0xFFFFFFFF00000000) | (uint)id;
            _longestFound = Math.Max(_longestFound, tokens[id].Length);
        }
    }

    /// <summary>How many ids there are, special tokens included.</summary>
    public int Count => _offsets.Length - 1;

    /// <summary>The bytes of all tokens one after the other, and 16 more.</summary>
    public ReadOnlySpan<byte> Blob => _blob;

    /// <summary>Where each token starts in <see cref="Blob"/>, and where the last one ends.</summary>
    public ReadOnlySpan<int> Offsets => _offsets;

    /// <summary>The bytes of a token.</summary>
    /// <param name="id">Below <see cref="Count"/>.</param>
    public ReadOnlySpan<byte> Bytes(int id) => _blob.AsSpan(_offsets[id], _offsets[id + 1] - _offsets[id]);

    /// <summary>The token with exactly these bytes, or -1.</summary>
    /// <param name="bytes">A pre-token or a part of one.</param>
    public int Find(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _longestFound)
            return -1;
        ulong hash = Hash(bytes);
        for (int slot = (int)hash & (_slots.Length - 1); ; slot = (slot + 1) & (_slots.Length - 1))
        {
            ulong entry = _slots[slot];
            if (entry == Empty)
                return -1;
            if ((entry ^ hash) >> 32 == 0 && Bytes((int)entry).SequenceEqual(bytes))
                return (int)entry;
        }
    }

    private static ulong Hash(ReadOnlySpan<byte> bytes)
    {
        ulong hash = (ulong)bytes.Length * 0x9E3779B97F4A7C15;
        while (bytes.Length >= 8)
        {
            hash = Mix(hash ^ MemoryMarshal.Read<ulong>(bytes));
            bytes = bytes[8..];
        }

        ulong tail = 0;
        foreach (byte b in bytes)
            tail = (tail << 8) | b;
        return Mix(hash ^ tail);
    }

    private static ulong Mix(ulong value)
    {
        value *= 0xD6E8FEB86659FD93;
        value ^= value >> 32;
        value *= 0xD6E8FEB86659FD93;
        return value ^ (value >> 32);
    }
}
