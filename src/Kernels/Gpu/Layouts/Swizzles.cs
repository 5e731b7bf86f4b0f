namespace Puna.Kernels.Gpu.Layouts;

/// <summary>
/// The swizzles of tensor maps and wgmma as functions of shared addresses: 16-byte chunk numbers are XORed with row
/// numbers, where a "row" is 128 bytes of shared memory. 128B: bits 4-6 ^= bits 7-9; 64B: bits 4-5 ^= bits 7-8; 32B: bit
/// 4 ^= bit 7. Applied twice, they give the address back.
/// </summary>
internal static class Swizzles
{
    /// <summary>Bytes after which the pattern repeats; tiles are aligned to it.</summary>
    public static int PeriodBytes(SwizzleMode mode) => mode switch
    {
        SwizzleMode.Bytes128 => 1024,
        SwizzleMode.Bytes64 => 512,
        SwizzleMode.Bytes32 => 256,
        _ => 128,
    };

    /// <summary>Bytes of a row that the swizzle permutes: at most this long is the inner dimension of a box.</summary>
    public static int SpanBytes(SwizzleMode mode) => mode switch
    {
        SwizzleMode.Bytes128 => 128,
        SwizzleMode.Bytes64 => 64,
        SwizzleMode.Bytes32 => 32,
        _ => 16,
    };

    /// <summary>Where the byte lies that would be at <paramref name="address"/> without a swizzle.</summary>
    public static uint Apply(SwizzleMode mode, uint address) => address ^ (address >> 3 & Mask(mode));

    /// <summary>The same where the pattern starts <paramref name="phase"/> · 128 bytes after a multiple of its period.</summary>
    public static uint Apply(SwizzleMode mode, uint address, int phase) =>
        address ^ ((address - (uint)phase * 128) >> 3 & Mask(mode));

    private static uint Mask(SwizzleMode mode) => mode switch
    {
        SwizzleMode.Bytes128 => 0x70,
        SwizzleMode.Bytes64 => 0x30,
        SwizzleMode.Bytes32 => 0x10,
        _ => 0,
    };
}
