using Puna.Kernels.Cpu;

namespace Puna.Kernels.Tests;

public class KvLayerTests
{
    [Theory, InlineData(DType.F32, 0), InlineData(DType.BF16, 1.0 / 256), InlineData(DType.I8, 4.0 / 127)]
    public void What_was_stored_is_read_back_as_near_as_the_dtype_allows(DType type, double error)
    {
        HeadLayout heads = new(4, 2, 30);
        using CpuPool pool = new(2);
        KvLayer cache = KvLayer.Allocate(type, heads, slotCount: 64, blockTokens: 32);
        SeededValues values = new(5);
        Tensor rows = values.Normal(DType.F32, 64, heads.QuerySize + 2 * heads.KvSize), slots = values.Permutation(64);
        float[] key = new float[30], value = new float[30];

        Kernels.KvStore.Cpu(rows, heads, slots, cache, pool);

        for (int row = 0; row < 64; row++)
        {
            for (int head = 0; head < 2; head++)
            {
                cache.CopyKey(head, slots.Row<int>(0)[row], key);
                cache.CopyValue(head, slots.Row<int>(0)[row], value);
                for (int d = 0; d < 30; d++)
                {
                    float k = rows.Row<float>(row)[120 + head * 30 + d], v = rows.Row<float>(row)[180 + head * 30 + d];
                    Assert.InRange(key[d], k - 4 * error, k + 4 * error);
                    Assert.InRange(value[d], v - 4 * error, v + 4 * error);
                }
            }
        }
    }

    [Theory, InlineData(0f), InlineData(float.NaN), InlineData(float.PositiveInfinity), InlineData(1e-45f)]
    public void Codes_of_rows_without_a_scale_are_those_of_the_definition(float odd)
    {
        HeadLayout heads = new(1, 1, 32);
        using CpuPool pool = new(1);
        Tensor row = Tensor.Allocate(DType.F32, 1, 96), slot = Tensor.Allocate(DType.I32, 1, 1);
        row.Row<float>(0)[70] = odd;
        KvLayer expected = KvLayer.Allocate(DType.I8, heads, 16, 16), actual = KvLayer.Allocate(DType.I8, heads, 16, 16);

        Kernels.KvStore.Reference(row, heads, slot, expected);
        Kernels.KvStore.Cpu(row, heads, slot, actual, pool);

        long bytes = expected.Keys.Buffer.Bytes;
        Assert.Equal(expected.Keys.Buffer.Span<byte>(0, (int)bytes).ToArray(), actual.Keys.Buffer.Span<byte>(0, (int)bytes).ToArray());
    }
}
