using System.Buffers.Binary;
using Puna.Gguf;

namespace Puna.Tools.Tests.Peers;

public class Q8BlockTests
{
    [Fact]
    public void The_largest_value_becomes_127_and_the_scale_a_127th_of_it()
    {
        float[] values = new float[32];
        (values[3], values[7], values[31]) = (-254, 100, 1);

        byte[] block = Store(values);

        Assert.Equal(2, ScaleOf(block, 0));
        Assert.Equal([-127, 50, 1], new[] { CodeOf(block, 3), CodeOf(block, 7), CodeOf(block, 31) });   // 0.5 goes up
        Assert.Equal(0, CodeOf(block, 0));
    }

    [Fact]
    public void Halves_go_away_from_zero_on_both_sides()
    {
        float[] values = new float[32];
        (values[0], values[1], values[2], values[3]) = (127, 2.5f, -2.5f, -0.5f);

        byte[] block = Store(values);

        Assert.Equal([127, 3, -3, -1], new[] { CodeOf(block, 0), CodeOf(block, 1), CodeOf(block, 2), CodeOf(block, 3) });
    }

    [Fact]
    public void A_block_of_zeros_has_the_scale_0_and_stands_alone_in_its_row()
    {
        float[] values = new float[96];
        Array.Fill(values, 12.7f, 64, 32);

        byte[] blocks = Store(values);

        Assert.All(blocks[..68], b => Assert.Equal(0, b));
        Assert.Equal((Half)0.1f, (Half)ScaleOf(blocks, 2));
        Assert.Equal(127, CodeOf(blocks, 64));
    }

    [Fact]
    public void Random_rows_are_those_of_the_textbook()
    {
        Random random = new(7);
        float[] values = new float[32 * 500];
        for (int i = 0; i < values.Length; i++)
            values[i] = (float)((random.NextDouble() - 0.5) * Math.Pow(2, i / 32 % 20 - 10));

        byte[] blocks = Store(values);

        for (int block = 0; block < values.Length / 32; block++)
        {
            double scale = values.Skip(block * 32).Take(32).Max(v => Math.Abs((double)v)) / 127;
            Assert.Equal((Half)scale, (Half)ScaleOf(blocks, block));
            for (int i = block * 32; i < block * 32 + 32; i++)
            {
                // A code is the nearest whole number, but for what F32 loses of a quotient below 127.
                double off = Math.Abs(values[i] / scale - CodeOf(blocks, i));
                Assert.True(off <= 0.5 + 127 * 2e-7, $"value {i}: {values[i] / scale} became {CodeOf(blocks, i)}");
            }
        }
    }

    private static byte[] Store(float[] values)
    {
        byte[] blocks = new byte[values.Length / 32 * 34];
        Q8Block.StoreRow(values, blocks);
        return blocks;
    }

    private static float ScaleOf(byte[] blocks, int block) =>
        (float)BinaryPrimitives.ReadHalfLittleEndian(blocks.AsSpan(block * 34));

    private static int CodeOf(byte[] blocks, int value) => (sbyte)blocks[value / 32 * 34 + 2 + value % 32];
}
