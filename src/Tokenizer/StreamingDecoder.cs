using System.Text;

namespace Puna.Tokenizer;

/// <summary>
/// Turns ids that come one by one into text that can be shown at once: a character that a token leaves unfinished is
/// held back until it is complete or proven invalid. All pieces together are what
/// <see cref="BpeTokenizer.Decode"/> makes of all ids. One stream, one thread.
/// </summary>
/// <param name="tokenizer">Knows the bytes of each id.</param>
/// <param name="special">Whether special tokens are written by name or left out.</param>
public sealed class StreamingDecoder(
    BpeTokenizer tokenizer,
    SpecialTokenRendering special = SpecialTokenRendering.Keep)
{
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();

    /// <summary>Takes the next id.</summary>
    /// <param name="id">Any id.</param>
    /// <returns>The text that is now complete; empty while a character is unfinished.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The id is outside the vocabulary.</exception>
    public string Add(int id)
    {
        ReadOnlySpan<byte> bytes = tokenizer.Bytes(id);
        return special == SpecialTokenRendering.Skip && tokenizer.IsSpecial(id) ? "" : Convert(bytes, flush: false);
    }

    /// <summary>Ends the text; the next id begins another.</summary>
    /// <returns>U+FFFD where a character is unfinished, else nothing.</returns>
    public string Flush() => Convert([], flush: true);

    private string Convert(ReadOnlySpan<byte> bytes, bool flush)
    {
        int count = _decoder.GetCharCount(bytes, flush);
        if (count == 0 && !flush)
        {
            _decoder.GetChars(bytes, [], flush);
            return "";
        }

        Span<char> chars = count <= 256 ? stackalloc char[count] : new char[count];
        return new string(chars[.._decoder.GetChars(bytes, chars, flush)]);
    }
}
