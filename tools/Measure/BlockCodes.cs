namespace Puna.Tools.Measure;

/// <summary>
/// Rounding as llama.cpp's Q8_0 does it (its type 8 of GGUF, ggml's documentation of quantised types): blocks of 32 values are
/// signed bytes times one F16 scale.
/// </summary>
internal static class BlockCodes
{
    /// <summary>Values of a block.</summary>
    public const int BlockLength = 32;

    /// <summary>What a row becomes when it is stored so and read again; the last block may be shorter.</summary>
    /// <param name="row">The row.</param>
    /// <param name="rounded">Takes the result; may be <paramref name="row"/> itself.</param>
    public static void Round(ReadOnlySpan<float> row, Span<float> rounded)
    {
        for (int start = 0; start < row.Length; start += BlockLength)
        {
            ReadOnlySpan<float> block = row[start..Math.Min(row.Length, start + BlockLength)];
            float largest = 0;
            foreach (float value in block)
                largest = Math.Max(largest, Math.Abs(value));
            float scale = largest / 127, stored = (float)(Half)scale;
            for (int i = 0; i < block.Length; i++)
                rounded[start + i] = scale == 0 ? 0 : MathF.Round(block[i] / scale, MidpointRounding.AwayFromZero) * stored;
        }
    }
}
