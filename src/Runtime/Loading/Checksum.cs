using System.Numerics;
using System.Runtime.InteropServices;

namespace Puna.Runtime.Loading;

/// <summary>
/// Tells bytes from others, as fast as they can be read: CRC-32C (Castagnoli) of each quarter, and of the four results.
/// </summary>
internal static class Checksum
{
    /// <summary>The checksum of some bytes.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        // One chain waits three cycles for each word: four chains keep the unit busy.
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        int quarter = words.Length / 4;
        ReadOnlySpan<ulong> a = words[..quarter], b = words.Slice(quarter, quarter);
        ReadOnlySpan<ulong> c = words.Slice(2 * quarter, quarter), d = words.Slice(3 * quarter, quarter);
        uint sumA = 1, sumB = 2, sumC = 3, sumD = 4;
        for (int i = 0; i < a.Length; i++)
        {
            sumA = BitOperations.Crc32C(sumA, a[i]);
            sumB = BitOperations.Crc32C(sumB, b[i]);
            sumC = BitOperations.Crc32C(sumC, c[i]);
            sumD = BitOperations.Crc32C(sumD, d[i]);
        }

        uint sum = BitOperations.Crc32C(BitOperations.Crc32C(sumA, sumB), BitOperations.Crc32C(sumC, sumD));
        foreach (byte rest in bytes[(4 * quarter * sizeof(ulong))..])
            sum = BitOperations.Crc32C(sum, rest);
        return sum;
    }
}
