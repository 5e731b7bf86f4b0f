namespace Puna.Tokenizer.Bpe;

/// <summary>Decodes single characters of UTF-8 that may be invalid.</summary>
internal static class Utf8Character
{
    /// <summary>The code point at <paramref name="at"/>, or -1 where the bytes there are not valid UTF-8.</summary>
    /// <param name="text">UTF-8, possibly invalid; nothing outside it is read.</param>
    /// <param name="at">Where to decode, in bytes.</param>
    /// <param name="length">Bytes of the character; 1 where it is invalid.</param>
    public static int Decode(ReadOnlySpan<byte> text, int at, out int length)
    {
        ReadOnlySpan<byte> rest = text[at..];
        length = 1;
        int lead = rest[0];
        if (lead < 0x80)
            return lead;
        if (lead is >= 0xC2 and < 0xE0 && rest.Length > 1 && IsContinuation(rest[1]))
        {
            length = 2;
            return ((lead & 0x1F) << 6) | (rest[1] & 0x3F);
        }

        if ((lead & 0xF0) == 0xE0 && rest.Length > 2 && IsContinuation(rest[1]) && IsContinuation(rest[2]))
        {
            int codePoint = ((lead & 0x0F) << 12) | ((rest[1] & 0x3F) << 6) | (rest[2] & 0x3F);
            if (codePoint < 0x800 || (codePoint & 0xF800) == 0xD800)
                return -1;
            length = 3;
            return codePoint;
        }

        return lead is >= 0xF0 and <= 0xF4 ? DecodeFour(rest, out length) : -1;
    }

    private static int DecodeFour(ReadOnlySpan<byte> rest, out int length)
    {
        length = 1;
        if (rest.Length < 4 || !IsContinuation(rest[1]) || !IsContinuation(rest[2]) || !IsContinuation(rest[3]))
            return -1;
        int high = ((rest[0] & 0x07) << 6) | (rest[1] & 0x3F), low = ((rest[2] & 0x3F) << 6) | (rest[3] & 0x3F);
        int codePoint = (high << 12) | low;
        if (codePoint is < 0x10000 or > 0x10FFFF)
            return -1;
        length = 4;
        return codePoint;
    }

    private static bool IsContinuation(byte value) => (value & 0xC0) == 0x80;
}
