using Puna.Kernels;
using Puna.Kernels.Cpu;
using Puna.Runtime.Cache;
using Puna.TestKit;

namespace Puna.Runtime.Tests.Cache;

public class KvPoolTests
{
    [Fact]
    public void Blocks_are_given_once_until_they_come_back()
    {
        using KvPool pool = new(RandomModel.Config, tokens: 100, DType.F32, blockTokens: 16);
        int[] all = new int[7], more = new int[1];

        Assert.True(pool.TryTake(all));
        Assert.Equal([0, 1, 2, 3, 4, 5, 6], all);
        Assert.False(pool.TryTake(more));
        pool.Return([3]);
        Assert.True(pool.TryTake(more));
        Assert.Equal(3, more[0]);
        Assert.Equal(0, pool.FreeCount);
    }

    [Theory, InlineData(DType.F32, 4 * 32 * 4), InlineData(DType.BF16, 4 * 32 * 2), InlineData(DType.I8, 4 * (32 + 2 * 4))]
    public void Layers_do_not_overlap(DType type, int bytesPerToken)
    {
        using KvPool pool = new(RandomModel.Config, tokens: 32, type, blockTokens: 16);
        HashSet<(HostBuffer, long)> seen = [];

        foreach (Tensor tensor in pool.Layers.SelectMany(l => new[] { l.Keys, l.Values, l.KeyScales, l.ValueScales }.OfType<Tensor>()))
        {
            for (long i = 0; i < tensor.Bytes; i++)
                Assert.True(seen.Add((tensor.Buffer, tensor.Offset + i)), $"byte {i} of {tensor} belongs to two");
        }

        Assert.Equal(bytesPerToken, RandomModel.Config.KvBytesPerToken(type));
        Assert.Equal(32L * bytesPerToken, seen.Count);
    }

    [Fact]
    public void A_cache_of_halves_is_refused()
    {
        ArgumentException e = Assert.Throws<ArgumentException>(() => new KvPool(RandomModel.Config, 16, DType.F16));

        Assert.StartsWith("KvLayer: a cache of F16, but F32, BF16 or I8 was expected.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Blocks_that_cut_a_group_of_sixteen_slots_are_refused()
    {
        ArgumentException e = Assert.Throws<ArgumentException>(() => new KvPool(RandomModel.Config, 48, DType.F32, blockTokens: 24));

        Assert.StartsWith("KvLayer: 48 slots in blocks of 24, but whole blocks of a multiple of 16 slots were expected.",
            e.Message, StringComparison.Ordinal);
    }
}
