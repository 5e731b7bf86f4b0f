namespace Puna.Kernels.Gpu.Layouts;

/// <summary>
/// How an operand of wgmma lies in shared memory: the 64-bit matrix descriptor (PTX ISA, "Matrix descriptor format").
/// Addresses are made of 16-byte chunks. Where K is the contiguous dimension, a chunk is part of one row and rows are a
/// swizzle span apart (16 bytes without one), 8 rows a stride apart; without a swizzle, neighbouring chunks of a row are
/// a leading offset apart. Where M or N is contiguous (transposed, 16-bit types), a chunk is 8 rows of one k; k are a
/// swizzle span apart, 8 k a stride, and spans of rows a leading offset; without a swizzle, 8 k are a leading offset and
/// 8 rows a stride.
/// </summary>
/// <param name="Address">Shared address of the first chunk, before the swizzle; a multiple of 16 below 256 KiB.</param>
/// <param name="LeadingBytes">Leading dimension byte offset.</param>
/// <param name="StrideBytes">Stride dimension byte offset.</param>
/// <param name="Swizzle">The swizzle.</param>
/// <param name="BaseOffset">128-byte rows between a multiple of the pattern's period and its start: 0 where it is aligned.</param>
internal readonly record struct WgmmaDescriptor(
    uint Address, int LeadingBytes, int StrideBytes, SwizzleMode Swizzle, int BaseOffset = 0)
{
    /// <summary>Reads the 64 bits.</summary>
    public static WgmmaDescriptor Decode(ulong bits) => new(
        (uint)(bits & 0x3FFF) << 4, (int)(bits >> 16 & 0x3FFF) << 4, (int)(bits >> 32 & 0x3FFF) << 4,
        (SwizzleMode)((4 - (int)(bits >> 62)) & 3), (int)(bits >> 49 & 7));

    /// <summary>Writes the 64 bits. Swizzles count from 128 bytes (1) to 32 bytes (3), other than in tensor maps.</summary>
    public ulong Encode() =>
        (ulong)(Address >> 4 & 0x3FFF) | (ulong)(LeadingBytes >> 4 & 0x3FFF) << 16 | (ulong)(StrideBytes >> 4 & 0x3FFF) << 32
        | (ulong)BaseOffset << 49 | (ulong)((4 - (int)Swizzle) & 3) << 62;

    /// <summary>
    /// Shared address of a chunk whose elements follow each other along K: row (or column) <paramref name="row"/> and 16
    /// bytes of k.
    /// </summary>
    public uint ChunkAlongK(int row, int chunk)
    {
        int span = Swizzles.SpanBytes(Swizzle);
        int step = Swizzle == SwizzleMode.None ? LeadingBytes : 16;
        return Swizzled((row & 7) * span + (row >> 3) * StrideBytes + chunk * step);
    }

    /// <summary>Shared address of a chunk of 8 rows (or columns), from 8 · <paramref name="chunk"/> on, of one k.</summary>
    public uint ChunkAlongRows(int chunk, int k)
    {
        int span = Swizzles.SpanBytes(Swizzle), chunks = span / 16;
        return Swizzle == SwizzleMode.None
            ? Swizzled((k & 7) * 16 + (k >> 3) * LeadingBytes + chunk * StrideBytes)
            : Swizzled((k & 7) * span + (k >> 3) * StrideBytes + chunk % chunks * 16 + chunk / chunks * LeadingBytes);
    }

    private uint Swizzled(int offset) => Swizzles.Apply(Swizzle, Address + (uint)offset, BaseOffset);
}
