using System.Runtime.Intrinsics;

namespace Puna.Tokenizer.Bpe;

/// <summary>
/// The ids of pre-tokens seen lately: direct-mapped, of fixed size. A key holds the bytes of a pre-token, zeros after
/// them, and its length in the last place, so one vector comparison decides. The last id's place holds the count.
/// </summary>
internal sealed class PieceCache
{
    /// <summary>Bytes of the longest pre-token in a short entry.</summary>
    public const int ShortBytes = 15;

    /// <summary>Ids of a short entry.</summary>
    public const int ShortIds = 3;

    /// <summary>Bytes of the longest pre-token in a long entry.</summary>
    public const int LongBytes = 31;

    /// <summary>Ids of a long entry.</summary>
    public const int LongIds = 7;

    // 2 MiB and 1 MiB. A quarter of it would fit a second-level cache, but merging anew costs more than a miss there.
    private const int ShortBits = 16;
    private const int LongBits = 14;

    private readonly ShortEntry[] _short = new ShortEntry[1 << ShortBits];
    private readonly LongEntry[] _long = new LongEntry[1 << LongBits];

    /// <summary>The key of a pre-token.</summary>
    /// <param name="text">The 16 bytes where it starts.</param>
    /// <param name="length">Its length, 1 to <see cref="ShortBytes"/>.</param>
    public static Vector128<byte> Key(Vector128<byte> text, int length)
    {
        Vector128<byte> inside = Vector128.LessThan(Vector128<byte>.Indices, Vector128.Create((byte)length));
        return (text & inside).WithElement(15, (byte)length);
    }

    /// <summary>The key of a longer pre-token.</summary>
    /// <param name="text">The 32 bytes where it starts.</param>
    /// <param name="length">Its length, 1 to <see cref="LongBytes"/>.</param>
    public static Vector256<byte> Key(Vector256<byte> text, int length)
    {
        Vector256<byte> inside = Vector256.LessThan(Vector256<byte>.Indices, Vector256.Create((byte)length));
        return (text & inside).WithElement(31, (byte)length);
    }

    /// <summary>The entry where a key would be.</summary>
    public ref ShortEntry Short(Vector128<byte> key) => ref _short[(int)(Hash(key.AsUInt64()) >> (64 - ShortBits))];

    /// <summary>The entry where a key would be.</summary>
    public ref LongEntry Long(Vector256<byte> key)
    {
        ulong low = Hash(key.GetLower().AsUInt64()), high = Hash(key.GetUpper().AsUInt64());
        return ref _long[(int)((low ^ (high * 0xD6E8FEB86659FD93)) >> (64 - LongBits))];
    }

    private static ulong Hash(Vector128<ulong> key)
    {
        ulong mixed = (key.ToScalar() * 0x9E3779B97F4A7C15) ^ (key.GetElement(1) * 0xC2B2AE3D27D4EB4F);
        return (mixed ^ (mixed >> 29)) * 0x9E3779B97F4A7C15;
    }

    /// <summary>A pre-token of at most 15 bytes and 3 ids.</summary>
    public struct ShortEntry
    {
        /// <summary>The key; zero where nothing is stored.</summary>
        public Vector128<byte> Key;

        /// <summary>The ids, and in the last place their count.</summary>
        public Vector128<int> Ids;
    }

    /// <summary>A pre-token of at most 31 bytes and 7 ids.</summary>
    public struct LongEntry
    {
        /// <summary>The key; zero where nothing is stored.</summary>
        public Vector256<byte> Key;

        /// <summary>The ids, and in the last place their count.</summary>
        public Vector256<int> Ids;
    }
}
