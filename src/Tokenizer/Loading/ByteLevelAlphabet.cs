namespace Puna.Tokenizer.Loading;

/// <summary>
/// The characters that stand for bytes in <c>tokenizer.json</c>: printable Latin-1 stands for itself, and the other 68
/// bytes, in order, for the characters from U+0100 on.
/// </summary>
internal static class ByteLevelAlphabet
{
    private static readonly short[] Bytes = Build();

    /// <summary>The bytes that a token's spelling stands for.</summary>
    /// <param name="spelling">The token in <c>model.vocab</c>.</param>
    /// <returns>The bytes, or null where a character stands for none.</returns>
    public static byte[]? Decode(string spelling)
    {
        byte[] bytes = new byte[spelling.Length];
        for (int i = 0; i < spelling.Length; i++)
        {
            int value = spelling[i] < Bytes.Length ? Bytes[spelling[i]] : -1;
            if (value < 0)
                return null;
            bytes[i] = (byte)value;
        }

        return bytes;
    }

    private static short[] Build()
    {
        short[] bytes = new short[256 + 68];
        Array.Fill(bytes, (short)-1);
        int next = 256;
        for (int b = 0; b < 256; b++)
            bytes[b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE ? b : next++] = (short)b;
        return bytes;
    }
}
