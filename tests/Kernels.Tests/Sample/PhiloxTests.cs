namespace Puna.Kernels.Tests;

public class PhiloxTests
{
    /// <summary>
    /// The lines "philox4x32 10" of the known-answer vectors that its authors publish (Random123, kat_vectors).
    /// </summary>
    [Theory]
    [InlineData("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8")]
    [InlineData("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd")]
    [InlineData("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1")]
    public void Published_vectors_are_reproduced(string counter, string key, string expected)
    {
        uint[] c = Words(counter), k = Words(key), e = Words(expected);

        (uint, uint, uint, uint) block = Philox.Block((c[0], c[1], c[2], c[3]), (k[0], k[1]));

        Assert.Equal((e[0], e[1], e[2], e[3]), block);
    }

    [Fact]
    public void Draws_use_the_low_words_and_all_parts_of_the_key()
    {
        Assert.Equal(0xe169c58d_6627e8d5, new SampleKey(0, 0, 0).Random());

        SampleKey[] keys =
            [new(0, 0, 0), new(1, 0, 0), new(1L << 32, 0, 0), new(-1, 0, 0), new(0, 1, 0), new(0, 0, 1), new(0, 1, 1)];
        Assert.Equal(keys.Length, keys.Select(k => k.Random()).Distinct().Count());
    }

    private static uint[] Words(string text) => [.. text.Split(' ').Select(word => Convert.ToUInt32(word, 16))];
}
