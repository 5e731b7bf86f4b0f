using System.Buffers.Binary;
using System.Numerics.Tensors;

namespace Puna.Gguf;

/// <summary>
/// Q8_0: 32 values as an F16 scale d = amax / 127 and 32 signed codes, value ≈ d · code. Codes are rounded with the
/// scale before it is rounded to F16, halves away from zero, as llama.cpp's own converter does.
/// </summary>
internal static class Q8Block
{
    /// <summary>Values of a block.</summary>
    public const int Elements = 32;

    /// <summary>Bytes of a block: the scale, then the codes.</summary>
    public const int Bytes = 2 + Elements;

    /// <summary>Stores a row, block after block.</summary>
    /// <param name="row">The values, <c>[blocks * 32]</c>.</param>
    /// <param name="bytes">The blocks, <c>[blocks * 34]</c>.</param>
    public static void StoreRow(ReadOnlySpan<float> row, Span<byte> bytes)
    {
        for (; row.Length > 0; row = row[Elements..], bytes = bytes[Bytes..])
            Store(row[..Elements], bytes[..Bytes]);
    }

    private static void Store(ReadOnlySpan<float> values, Span<byte> block)
    {
        float scale = MathF.Abs(TensorPrimitives.MaxMagnitude(values)) / 127;
        float inverse = scale != 0 ? 1 / scale : 0;
        BinaryPrimitives.WriteHalfLittleEndian(block, (Half)scale);
        for (int i = 0; i < values.Length; i++)
            block[2 + i] = (byte)(sbyte)MathF.Round(values[i] * inverse, MidpointRounding.AwayFromZero);
    }
}
