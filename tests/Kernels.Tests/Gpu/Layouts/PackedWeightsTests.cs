using Puna.Kernels.Gpu.Emulator.Numerics;
using Puna.Kernels.Gpu.Layouts;

namespace Puna.Kernels.Tests.Gpu;

/// <summary>Packed weight tiles and activations: each path gives the registers that mma wants, by the recipes of notes 4.1.</summary>
public sealed class PackedWeightsTests
{
    public static TheoryData<int> Packings => [.. Enum.GetValues<WeightPacking>().Select(p => (int)p)];

    [Theory, MemberData(nameof(Packings))]
    public void Every_element_of_a_tile_has_one_place(int packing)
    {
        WeightPacking order = (WeightPacking)packing;
        HashSet<MatrixPosition> seen = [];
        for (int lane = 0; lane < 32; lane++)
        {
            for (int i = 0; i < 16 / PackedWeights.ElementBytes(order); i++)
                Assert.True(seen.Add(PackedWeights.At(order, lane, i)));
        }

        Assert.Equal(16 * PackedWeights.TileColumns(order), seen.Count);
    }

    [Theory, MemberData(nameof(Packings))]
    public void Unpacking_a_tile_gives_the_fragments_of_its_rows(int packing)
    {
        WeightPacking order = (WeightPacking)packing;
        const int rows = 32, cols = 96;
        byte[] source = new byte[rows * cols * PackedWeights.ElementBytes(order)];
        new Random(packing).NextBytes(source);
        if (order >= WeightPacking.F8Convert)
        {
            for (int i = 0; i < source.Length; i++)
                source[i] = (byte)((source[i] & 0x7F) == 0x7F ? 0 : source[i]);   // NaN is no weight
        }

        byte[] packed = new byte[source.Length];
        PackedWeights.Pack(order, source, rows, cols, packed);

        int width = PackedWeights.TileColumns(order), across = cols / width;
        for (int tile = 0; tile < rows / 16 * across; tile++)
        {
            for (int lane = 0; lane < 32; lane++)
            {
                for (int step = 0; step < (order >= WeightPacking.F8Convert ? 2 : 1); step++)
                    CheckLane(order, source, cols, tile / across * 16, tile % across * width, lane, step, packed.AsSpan(tile * 512 + lane * 16, 16));
            }
        }
    }

    [Fact]
    public void Sizes_that_are_no_whole_tiles_are_refused()
    {
        ArgumentException e = Assert.Throws<ArgumentException>(
            () => PackedWeights.Pack(WeightPacking.Bits8, new byte[16 * 48], 16, 48, new byte[16 * 48]));
        Assert.Equal("PackedWeights: [16, 48] is not made of whole tiles of [16, 32].", e.Message);
        Assert.Throws<ArgumentException>(() => PackedWeights.Pack(WeightPacking.Bits8, new byte[512], 16, 32, new byte[256]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(8)]
    public void A_lane_reads_the_B_fragments_of_its_column_in_16_bytes(int columns)
    {
        MmaFragment half = MmaFragment.B(16, 8, 16, 16), code = MmaFragment.B(16, 8, 32, 8);
        for (int lane = 0; lane < 4 * columns; lane++)
        {
            int g = lane / 4, t = lane % 4;
            for (int block = 0; block < 3; block++)
            {
                for (int i = 0; i < 8; i++)
                {
                    int k = 32 * block + 16 * (i / 4) + half.At(lane, i % 4).Row;
                    Assert.Equal(64 * columns * block + 64 * g + 16 * t + 2 * i, ActivationOrder.Bits16(g, k, columns));
                }

                for (int i = 0; i < 16; i++)
                {
                    int k = 64 * block + 32 * (i / 8) + code.At(lane, i % 8).Row;
                    Assert.Equal(64 * columns * block + 64 * g + 16 * t + i, ActivationOrder.Bits8(g, k, columns));
                }
            }
        }
    }

    private static void CheckLane(
        WeightPacking order, byte[] source, int cols, int row, int col, int lane, int step, ReadOnlySpan<byte> packed)
    {
        int bits = order == WeightPacking.Bits8 ? 8 : 16;
        MmaFragment a = MmaFragment.A(16, 8, 256 / bits, bits);
        for (int register = 0; register < 4; register++)
        {
            uint value = Register(order, packed, step, register);
            for (int i = 0; i < a.ElementsPerRegister; i++)
            {
                MatrixPosition at = a.At(lane, register * a.ElementsPerRegister + i);
                int index = (row + at.Row) * cols + col + at.Column + 16 * step;
                uint element = value >> (bits * i) & (bits == 8 ? 0xFF : 0xFFFFu);
                if (order == WeightPacking.Bits16)
                    Assert.Equal(BitConverter.ToUInt16(source, 2 * index), element);
                else if (order == WeightPacking.Bits8)
                    Assert.Equal(source[index], element);
                else
                    Assert.Equal(Codes.FromE4M3(source[index]), Codes.FromF16(element) * (order == WeightPacking.F8Interleaved ? 256 : 1));
            }
        }
    }

    // what a kernel computes: a register of the A fragment from a lane's 16 bytes
    private static uint Register(WeightPacking order, ReadOnlySpan<byte> packed, int step, int register)
    {
        if (order <= WeightPacking.Bits8)
            return BitConverter.ToUInt32(packed[(4 * register)..]);
        uint w = BitConverter.ToUInt32(packed[(8 * step + 4 * (register >> 1))..]);
        bool isLowRows = (register & 1) == 0;
        if (order == WeightPacking.F8Convert)
        {
            uint codes = isLowRows ? w & 0xFFFF : w >> 16;
            return Codes.ToF16(Codes.FromE4M3(codes & 0xFF)) | Codes.ToF16(Codes.FromE4M3(codes >> 8)) << 16;
        }

        const uint sign = 0x80008000;
        return (isLowRows ? w : (w << 1 & sign) | (w << 7 & ~sign)) & 0xBF80BF80;
    }
}
