using Puna.Kernels.Cpu;
using Puna.TestKit;

namespace Puna.Kernels.Tests;

/// <summary>What a row's bits must not depend on: how the prompt was cut, other rows, blocks, threads.</summary>
public class AttentionLawTests
{
    private const int Tokens = 600;   // more than two splits of 256 keys

    /// <summary>Heads with groups of 1 to 9, short, odd, and longer than a split; a window, or 0.</summary>
    public static TheoryData<int, int, int, int, DType> Cases => new()
    {
        { 8, 2, 32, 0, DType.F32 }, { 8, 2, 32, 0, DType.BF16 }, { 8, 2, 32, 0, DType.I8 },
        { 3, 3, 40, 0, DType.F32 }, { 3, 1, 80, 290, DType.I8 }, { 9, 1, 64, 0, DType.F32 },
        { 2, 1, 272, 0, DType.BF16 }, { 8, 1, 16, 20, DType.F32 }, { 2, 2, 16, 3, DType.BF16 }, { 5, 1, 6, 400, DType.F32 },
    };

    [Theory, MemberData(nameof(Cases))]
    public void A_row_has_the_same_bits_however_the_prompt_is_cut_on_any_number_of_threads(
        int headCount, int kvHeadCount, int headDim, int window, DType type)
    {
        HeadLayout heads = new(headCount, kvHeadCount, headDim);
        int? visible = window == 0 ? null : window;
        float[] expected = Run(heads, visible, type, chunk: Tokens, threads: 1, blockTokens: 16, blockSeed: 1);

        foreach (var (chunk, threads, blockTokens) in new[] { (Tokens, 2, 48), (1, 1, 16), (1, 3, 32), (37, 5, 16), (256, 2, 16) })
        {
            float[] actual = Run(heads, visible, type, chunk, threads, blockTokens, blockSeed: chunk);
            KernelAssert.SameBits(expected, actual, $"{heads} window {window} {type}: pieces of {chunk} on {threads} threads");
        }
    }

    [Theory, InlineData(DType.F32), InlineData(DType.I8)]
    public void Sequences_of_one_batch_have_the_bits_that_each_has_alone(DType type)
    {
        HeadLayout heads = new(4, 2, 32);
        using CpuPool pool = new(2);
        int[] tokens = [5, 300, 17, 512];
        KvLayer cache = KvLayer.Allocate(type, heads, 4 * 512, blockTokens: 16);
        Tensor rows = new SeededValues(3).Normal(DType.F32, tokens.Sum(), heads.QuerySize + 2 * heads.KvSize);
        int[] starts = [0, 5, 305, 322, 834];
        int[] positions = [.. tokens.SelectMany(n => Enumerable.Range(0, n))];
        int[] blocks = [.. Enumerable.Range(0, 4 * 32)];
        int[] slots = [.. tokens.SelectMany((n, s) => Enumerable.Range(s * 512, n))];
        KvStore.Cpu(rows, heads, Ints(slots), cache, pool);
        Tensor together = Tensor.Allocate(DType.F32, rows.Rows, heads.QuerySize), alone = Tensor.Allocate(DType.F32, rows.Rows, heads.QuerySize);

        Kernels.Attention.Cpu(rows, heads, cache, new SequenceTable(Ints(starts), Ints(blocks) with { Rows = 4, Cols = 32 }, Ints(positions)), together, pool);
        for (int s = 0; s < 4; s++)
        {
            SequenceTable table = new(Ints(0, tokens[s]), Ints(blocks[(s * 32)..(s * 32 + 32)]), Ints([.. Enumerable.Range(0, tokens[s])]));
            Kernels.Attention.Cpu(rows.RowRange(starts[s], tokens[s]), heads, cache, table, alone.RowRange(starts[s], tokens[s]), pool);
        }

        KernelAssert.SameBits(KernelAssert.Values(alone), KernelAssert.Values(together), $"{type}");
    }

    [Fact]
    public void A_value_that_is_no_number_reaches_only_the_rows_that_see_it()
    {
        HeadLayout heads = new(4, 1, 32);
        using CpuPool pool = new(2);
        Tensor rows = new SeededValues(3).Normal(DType.F32, 40, heads.QuerySize + 2 * heads.KvSize);
        KvLayer cache = KvLayer.Allocate(DType.F32, heads, 48, blockTokens: 16, window: 9);
        cache.Keys.Span<float>().Fill(float.NaN);   // what earlier owners of a slot left
        cache.Values.Span<float>().Fill(float.NaN);
        rows.Row<float>(21)[^1] = float.NaN;
        KvStore.Cpu(rows, heads, Ints([.. Enumerable.Range(0, 40)]), cache, pool);
        Tensor mixed = Tensor.Allocate(DType.F32, 40, heads.QuerySize);

        Kernels.Attention.Cpu(rows, heads, cache, new SequenceTable(Ints(0, 40), Ints(0, 1, 2), Ints([.. Enumerable.Range(0, 40)])), mixed, pool);

        for (int row = 0; row < 40; row++)
            Assert.Equal(row is >= 21 and < 30, float.IsNaN(mixed.Row<float>(row)[31]));
    }

    [Theory, InlineData(DType.F32), InlineData(DType.BF16), InlineData(DType.I8)]
    public void Decoding_and_prefill_allocate_nothing(DType type)
    {
        HeadLayout heads = new(8, 2, 64);
        using CpuPool pool = new(2);
        KvLayer cache = KvLayer.Allocate(type, heads, 1024, blockTokens: 16);
        Tensor rows = new SeededValues(3).Normal(DType.F32, 64, heads.QuerySize + 2 * heads.KvSize);
        Tensor mixed = Tensor.Allocate(DType.F32, 64, heads.QuerySize), slots = Ints([.. Enumerable.Range(0, 64)]);
        SequenceTable one = new(Ints(0, 1), Ints([.. Enumerable.Range(0, 64)]), Ints(1000));
        SequenceTable many = one with { RowStarts = Ints(0, 64), Positions = slots };
        long[] allocated = new long[5];

        for (int round = 0; round < allocated.Length; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 20; i++)
            {
                KvStore.Cpu(rows, heads, slots, cache, pool);
                Kernels.Attention.Cpu(rows, heads, cache, many, mixed, pool);
                Kernels.Attention.Cpu(rows with { Rows = 1 }, heads, cache, one, mixed with { Rows = 1 }, pool);
            }

            allocated[round] = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, allocated.Min());   // the first rounds start the pool and rent
    }

    private static float[] Run(HeadLayout heads, int? window, DType type, int chunk, int threads, int blockTokens, int blockSeed)
    {
        using CpuPool pool = new(threads);
        int blockCount = (Tokens + blockTokens - 1) / blockTokens;
        int[] blocks = [.. Enumerable.Range(0, blockCount)];
        new Random(blockSeed).Shuffle(blocks);
        KvLayer cache = KvLayer.Allocate(type, heads, blockCount * blockTokens, blockTokens, window);
        Tensor rows = new SeededValues(1).Normal(DType.F32, Tokens, heads.QuerySize + 2 * heads.KvSize);
        Tensor mixed = Tensor.Allocate(DType.F32, Tokens, heads.QuerySize), table = Ints(blocks);
        for (int first = 0; first < Tokens; first += chunk)
        {
            int count = Math.Min(chunk, Tokens - first);
            int[] positions = [.. Enumerable.Range(first, count)];
            Tensor slots = Ints([.. positions.Select(p => blocks[p / blockTokens] * blockTokens + p % blockTokens)]);
            KvStore.Cpu(rows.RowRange(first, count), heads, slots, cache, pool);
            Kernels.Attention.Cpu(rows.RowRange(first, count), heads, cache, new SequenceTable(Ints(0, count), table, Ints(positions)),
                mixed.RowRange(first, count), pool);
        }

        return KernelAssert.Values(mixed);
    }

    private static Tensor Ints(params int[] values)
    {
        Tensor tensor = Tensor.Allocate(DType.I32, 1, values.Length);
        values.CopyTo(tensor.Row<int>(0));
        return tensor;
    }
}
