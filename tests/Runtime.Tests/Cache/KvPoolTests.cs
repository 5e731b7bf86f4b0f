using Puna.Kernels;
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

    [Fact]
    public void Layers_do_not_overlap()
    {
        using KvPool pool = new(RandomModel.Config, tokens: 32, DType.BF16, blockTokens: 16);
        Tensor[] tensors = [.. pool.Layers.SelectMany(l => new[] { l.Keys, l.Values })];

        for (int i = 0; i < tensors.Length; i++)
        {
            for (int row = 0; row < 32; row++)
                tensors[i].Row<ushort>(row).Fill((ushort)(i + 1));
        }

        for (int i = 0; i < tensors.Length; i++)
            Assert.Equal(32L * 32 * (i + 1), Enumerable.Range(0, 32).Sum(r => tensors[i].Row<ushort>(r).ToArray().Sum(v => (long)v)));
        Assert.Equal(2L * 2 * 32 * 2, RandomModel.Config.KvBytesPerToken(DType.BF16));
    }

    [Fact]
    public void A_cache_of_halves_is_refused()
    {
        ArgumentException e = Assert.Throws<ArgumentException>(() => new KvPool(RandomModel.Config, 16, DType.F16));

        Assert.StartsWith("KvPool: a cache of F16, but F32 or BF16 was expected.", e.Message, StringComparison.Ordinal);
    }
}
