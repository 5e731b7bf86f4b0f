using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Layouts;

namespace Puna.Kernels.Tests.Gpu;

/// <summary>Swizzles and matrix descriptors.</summary>
public sealed class WgmmaDescriptorTests
{
    public static TheoryData<SwizzleMode> Modes => [SwizzleMode.None, SwizzleMode.Bytes32, SwizzleMode.Bytes64, SwizzleMode.Bytes128];

    [Theory, MemberData(nameof(Modes))]
    public void A_swizzle_permutes_the_chunks_of_a_row_by_its_number(SwizzleMode mode)
    {
        int span = Swizzles.SpanBytes(mode);
        for (uint address = 0; address < 4096; address += 4)
        {
            uint row = address / (uint)span, chunk = address % (uint)span / 16;
            uint expected = mode switch
            {
                SwizzleMode.Bytes128 => chunk ^ row % 8,
                SwizzleMode.Bytes64 => chunk ^ row / 2 % 4,
                SwizzleMode.Bytes32 => chunk ^ row / 4 % 2,
                _ => chunk,
            };
            uint actual = Swizzles.Apply(mode, address);

            Assert.Equal(row * (uint)span + expected * 16 + address % 16, actual);
            Assert.Equal(address, Swizzles.Apply(mode, actual));
            Assert.Equal(actual + 8192, Swizzles.Apply(mode, address + 8192));
            Assert.Equal(actual + 256, Swizzles.Apply(mode, address + 256, phase: 2));
        }
    }

    [Fact]
    public void A_descriptor_has_its_fields_where_the_ISA_says()
    {
        WgmmaDescriptor descriptor = new(0x12340, LeadingBytes: 0x200, StrideBytes: 1024, SwizzleMode.Bytes128, BaseOffset: 5);

        Assert.Equal(0x1234UL | 0x20UL << 16 | 64UL << 32 | 5UL << 49 | 1UL << 62, descriptor.Encode());
        Assert.Equal(3UL, new WgmmaDescriptor(0, 0, 0, SwizzleMode.Bytes32).Encode() >> 62);
        Assert.Equal(2UL, new WgmmaDescriptor(0, 0, 0, SwizzleMode.Bytes64).Encode() >> 62);
        foreach (SwizzleMode mode in Enum.GetValues<SwizzleMode>())
            Assert.Equal(descriptor with { Swizzle = mode }, WgmmaDescriptor.Decode((descriptor with { Swizzle = mode }).Encode()));
    }

    [Theory, MemberData(nameof(Modes))]
    public void Rows_along_K_are_found_where_a_tensor_copy_puts_them(SwizzleMode mode)
    {
        // a tile of 64 rows, one swizzle span wide, at address 4096: row r, byte x of the box lies at the swizzled address
        int span = Swizzles.SpanBytes(mode);
        for (int step = 0; step < Math.Max(1, span / 32); step++)
        {
            // without a swizzle, two boxes of 16 bytes stand side by side
            WgmmaDescriptor tile = new(4096 + (uint)step * 32, LeadingBytes: 64 * 16, StrideBytes: 8 * span, mode);
            for (int row = 0; row < 64; row++)
            {
                for (int chunk = 0; chunk < 2; chunk++)
                {
                    uint plain = mode == SwizzleMode.None
                        ? (uint)(4096 + chunk * 1024 + row * 16)
                        : (uint)(4096 + row * span + step * 32 + chunk * 16);
                    Assert.Equal(Swizzles.Apply(mode, plain), tile.ChunkAlongK(row, chunk));
                }
            }
        }
    }

    [Theory, MemberData(nameof(Modes))]
    public void Rows_along_N_are_found_where_a_tensor_copy_puts_them(SwizzleMode mode)
    {
        // a [16 k, 128 n] tile in boxes of one span of n: box b at 8192 + b · 16 · span, k rows a span apart
        int span = Swizzles.SpanBytes(mode), chunks = span / 16;
        WgmmaDescriptor tile = mode == SwizzleMode.None
            ? new(8192, LeadingBytes: 8 * 16, StrideBytes: 16 * 16, mode)
            : new(8192, LeadingBytes: 16 * span, StrideBytes: 8 * span, mode);
        for (int chunk = 0; chunk < 16; chunk++)
        {
            for (int k = 0; k < 16; k++)
            {
                uint plain = (uint)(8192 + chunk / chunks * 16 * span + k * span + chunk % chunks * 16);
                Assert.Equal(Swizzles.Apply(mode, plain), tile.ChunkAlongRows(chunk, k));
            }
        }
    }

    [Fact]
    public void A_tile_that_starts_inside_a_pattern_is_read_by_its_base_offset()
    {
        // the pattern starts at 1024 + 3 · 128
        WgmmaDescriptor tile = new(1024 + 3 * 128, 0, 1024, SwizzleMode.Bytes128, BaseOffset: 3);

        for (int row = 0; row < 8; row++)
            Assert.Equal((uint)(1024 + 3 * 128 + row * 128 + (row ^ 1) * 16), tile.ChunkAlongK(row, 1));
    }
}
