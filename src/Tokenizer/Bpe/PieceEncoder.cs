using System.Numerics;
using System.Runtime.Intrinsics;

namespace Puna.Tokenizer.Bpe;

/// <summary>What one thread needs to encode: a buffer for the text, one for ids, and what it has seen lately.</summary>
/// <param name="model">The vocabulary, the merges and the split pattern; shared by all threads.</param>
internal sealed class PieceEncoder(BpeModel model)
{
    // The text is read 32 bytes at a time, ids are written eight at a time.
    private const int TextSlack = 32;
    private const int OutputCount = 1024;
    private const int OutputSlack = ShortMerger.MaxBytes;

    private readonly PieceCache _cache = new();
    private readonly ShortMerger _shortMerger = new(model.Merges);
    private readonly LongMerger _longMerger = new(model.Merges);
    private readonly int[] _output = new int[OutputCount + OutputSlack];
    private int _count;
    private byte[] _text = [];

    /// <summary>A buffer of at least <paramref name="length"/> bytes to put the text into.</summary>
    public Span<byte> Text(int length)
    {
        if (_text.Length < length + TextSlack)
            _text = new byte[(int)BitOperations.RoundUpToPowerOf2((uint)(length + TextSlack))];
        return _text.AsSpan(0, length);
    }

    /// <summary>Encodes a part of the buffer as a text of its own, without special tokens.</summary>
    /// <param name="start">Where it starts in the buffer, in bytes.</param>
    /// <param name="end">Where it ends.</param>
    /// <param name="ids">The ids are appended to it.</param>
    public void Encode(int start, int end, List<int> ids)
    {
        ReadOnlySpan<byte> text = _text.AsSpan(0, end);
        for (int at = start; at < end;)
        {
            Vector128<byte> next = Vector128.LoadUnsafe(ref _text[at]);
            int length = WordLength(next, end - at);
            if (length == 0)
                length = model.Splitter.End(text, at) - at;
            if (length <= PieceCache.ShortBytes)
                Short(next, at, length);
            else if (length <= PieceCache.LongBytes)
                Long(at, length);
            else
                Write(text.Slice(at, length), ids);
            at += length;
            if (_count >= OutputCount)
                Flush(ids);
        }

        Flush(ids);
    }

    /// <summary>
    /// The length of the pre-token where it is a word of ASCII letters, perhaps after one character that joins it,
    /// and ends within these 16 bytes before another ASCII character; else 0.
    /// </summary>
    private static int WordLength(Vector128<byte> next, int left)
    {
        Vector128<byte> lower = (next | Vector128.Create((byte)0x20)) - Vector128.Create((byte)'a');
        uint letters = Vector128.LessThan(lower, Vector128.Create((byte)26)).ExtractMostSignificantBits();
        if ((letters & 3) == 2 && JoinsLetters(next.ToScalar()))
            letters |= 1;
        int length = BitOperations.TrailingZeroCount(~letters);
        uint ascii = ~next.ExtractMostSignificantBits();
        return length < 16 && length < left && ((ascii >> length) & 1) != 0 ? length : 0;
    }

    /// <summary>Whether a character before letters joins them. An apostrophe may begin a contraction.</summary>
    private static bool JoinsLetters(byte first) => first switch
    {
        (byte)' ' => true,
        (byte)'\r' or (byte)'\n' or (byte)'\'' or >= 0x80 => false,
        _ => first is < (byte)'0' or > (byte)'9',
    };

    private void Short(Vector128<byte> text, int at, int length)
    {
        Vector128<byte> key = PieceCache.Key(text, length);
        ref PieceCache.ShortEntry entry = ref _cache.Short(key);
        if (entry.Key == key)
        {
            entry.Ids.StoreUnsafe(ref _output[_count]);
            _count += entry.Ids.GetElement(PieceCache.ShortIds);
            return;
        }

        int count = Resolve(at, length);
        if (count <= PieceCache.ShortIds)
        {
            entry.Key = key;
            entry.Ids = Vector128.LoadUnsafe(ref _output[_count]).WithElement(PieceCache.ShortIds, count);
        }

        _count += count;
    }

    private void Long(int at, int length)
    {
        Vector256<byte> key = PieceCache.Key(Vector256.LoadUnsafe(ref _text[at]), length);
        ref PieceCache.LongEntry entry = ref _cache.Long(key);
        if (entry.Key == key)
        {
            entry.Ids.StoreUnsafe(ref _output[_count]);
            _count += entry.Ids.GetElement(PieceCache.LongIds);
            return;
        }

        int count = Resolve(at, length);
        if (count <= PieceCache.LongIds)
        {
            entry.Key = key;
            entry.Ids = Vector256.LoadUnsafe(ref _output[_count]).WithElement(PieceCache.LongIds, count);
        }

        _count += count;
    }

    private void Write(ReadOnlySpan<byte> piece, List<int> ids)
    {
        if (piece.Length <= ShortMerger.MaxBytes)
        {
            _count += Resolve(piece);
            return;
        }

        Flush(ids);
        if (model.Whole(piece) is int id and >= 0)
            ids.Add(id);
        else
            _longMerger.Run(piece, ids);
    }

    private int Resolve(int at, int length) => Resolve(_text.AsSpan(at, length));

    private int Resolve(ReadOnlySpan<byte> piece)
    {
        int id = model.Whole(piece);
        if (id < 0)
            return _shortMerger.Run(piece, _output.AsSpan(_count));
        _output[_count] = id;
        return 1;
    }

    private void Flush(List<int> ids)
    {
        ids.AddRange(_output.AsSpan(0, _count));
        _count = 0;
    }
}
