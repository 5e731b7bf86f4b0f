using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Puna.Kernels.Cpu;

namespace Puna.Kernels;

public static partial class Attention
{
    private const int SplitTokens = 256;      // keys per pass of the online softmax, at absolute positions
    private const int ScratchFloats = 8192;   // running values of the queries of one item; on the stack

    private readonly record struct Work(
        Tensor QueryKeyValue, HeadLayout Heads, KvLayer Cache, SequenceTable Sequences, Tensor Mixed, int TileRows);

    /// <summary>Some rows of one sequence, and the query heads that share one key/value head.</summary>
    private readonly record struct Item(int Sequence, int KvHead, int FirstRow, int RowCount);

    /// <summary>
    /// Online softmax (Milakov and Gimelshein 2018, arXiv:1805.02867) over splits of 256 keys that begin at absolute
    /// multiples of 256, so that a row's sums do not depend on how the prompt was cut; items in parallel.
    /// </summary>
    /// <inheritdoc cref="IBackend.Attend"/>
    /// <param name="queryKeyValue">F32 <c>[rows, (heads + 2 kv_heads) × head_dim]</c>; only queries are read.</param>
    /// <param name="heads">The layout of a row.</param>
    /// <param name="cache">The layer's slots; the rows' own keys and values are already stored.</param>
    /// <param name="sequences">Which slots belong to which rows.</param>
    /// <param name="mixed">F32 <c>[rows, heads × head_dim]</c>.</param>
    /// <param name="pool">The threads.</param>
    /// <exception cref="ArgumentException">Shapes disagree.</exception>
    public static void Cpu(Tensor queryKeyValue, HeadLayout heads, KvLayer cache, SequenceTable sequences, Tensor mixed,
        CpuPool pool)
    {
        Check(queryKeyValue, heads, cache, sequences, mixed);
        int tileRows = Math.Clamp(ScratchFloats / (heads.GroupSize * Lanes.RoundUp(heads.HeadDim)), 1, 16);
        Work work = new(queryKeyValue, heads, cache, sequences, mixed, tileRows);
        pool.Run(TileCount(in work) * heads.KvHeadCount, work, static (in Work w, int index) =>
        {
            if (w.Cache.Keys.DType == DType.BF16)
                Attend<BF16Element, ushort>(in w, ItemOf(in w, index));
            else
                Attend<F32Element, float>(in w, ItemOf(in w, index));
        });
    }

    private static int TileCount(in Work work)
    {
        ReadOnlySpan<int> starts = work.Sequences.RowStarts.Row<int>(0);
        int count = 0;
        for (int s = 0; s + 1 < starts.Length; s++)
            count += (starts[s + 1] - starts[s] + work.TileRows - 1) / work.TileRows;
        return count;
    }

    private static Item ItemOf(in Work work, int index)
    {
        // The last tiles of a sequence see the most keys: they go first, so that no thread is left alone with one.
        (int tile, int kvHead) = Math.DivRem(index, work.Heads.KvHeadCount);
        ReadOnlySpan<int> starts = work.Sequences.RowStarts.Row<int>(0);
        int sequence = 0;
        while (true)
        {
            int rows = starts[sequence + 1] - starts[sequence];
            int tiles = (rows + work.TileRows - 1) / work.TileRows;
            if (tile < tiles)
            {
                int first = (tiles - 1 - tile) * work.TileRows;
                return new Item(sequence, kvHead, starts[sequence] + first, Math.Min(work.TileRows, rows - first));
            }

            tile -= tiles;
            sequence++;
        }
    }

    [SkipLocalsInit]
    private static void Attend<TElement, TStored>(in Work work, Item item)
        where TElement : IElement<TStored>
        where TStored : unmanaged
    {
        HeadLayout heads = work.Heads;
        int group = heads.GroupSize, width = Lanes.RoundUp(heads.HeadDim), queries = item.RowCount * group;
        Span<float> query = stackalloc float[width], scores = stackalloc float[SplitTokens];
        Span<int> slots = stackalloc int[SplitTokens];
        Span<float> largest = stackalloc float[queries], total = stackalloc float[queries];
        Span<float> sums = stackalloc float[queries * width];
        largest.Fill(float.NegativeInfinity);
        total.Clear();
        sums.Clear();

        ReadOnlySpan<int> positions = work.Sequences.Positions.Row<int>(0);
        int first = FirstVisible(work.Cache, positions[item.FirstRow]);
        int last = positions[item.FirstRow + item.RowCount - 1];
        for (int split = first / SplitTokens * SplitTokens; split <= last; split += SplitTokens)
        {
            for (int p = split; p < Math.Min(split + SplitTokens, last + 1); p++)
            {
                slots[p - split] = Slot(work.Cache, work.Sequences, item.Sequence, p);
                Debug.Assert((ulong)slots[p - split] < (ulong)work.Cache.Keys.Rows, "the inner loops don't look");
            }

            for (int q = 0; q < queries; q++)
            {
                int row = item.FirstRow + q / group, head = item.KvHead * group + q % group;
                int begin = Math.Max(split, FirstVisible(work.Cache, positions[row]));
                int end = Math.Min(split + SplitTokens, positions[row] + 1);
                if (begin >= end)
                    continue;
                query.Clear();
                work.QueryKeyValue.Row<float>(row).Slice(head * heads.HeadDim, heads.HeadDim).CopyTo(query);
                Span<int> visible = slots[(begin - split)..(end - split)];
                Span<float> sum = sums.Slice(q * width, width);
                Score(query, new Entries<TElement, TStored>(work.Cache.Keys, item.KvHead, heads), visible, scores);
                Weigh(scores, visible.Length, ref largest[q], ref total[q], sum);
                Mix(scores, new Entries<TElement, TStored>(work.Cache.Values, item.KvHead, heads), visible, sum);
            }
        }

        for (int q = 0; q < queries; q++)
        {
            int row = item.FirstRow + q / group, head = item.KvHead * group + q % group;
            Span<float> output = work.Mixed.Row<float>(row).Slice(head * heads.HeadDim, heads.HeadDim);
            for (int d = 0; d < output.Length; d++)
                output[d] = sums[q * width + d] / total[q];
        }
    }

    /// <summary>scores[i] = query · key(slots[i]) / √head_dim.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Score<TElement, TStored>(
        Span<float> query, Entries<TElement, TStored> keys, Span<int> slots, Span<float> scores)
        where TElement : IElement<TStored>
        where TStored : unmanaged
    {
        int dim = keys.HeadDim, i = 0;
        float scale = 1 / MathF.Sqrt(dim);
        ref float q = ref MemoryMarshal.GetReference(query);
        for (; i + 4 <= slots.Length; i += 4)
        {
            ref TStored k0 = ref keys[slots[i]], k1 = ref keys[slots[i + 1]];
            ref TStored k2 = ref keys[slots[i + 2]], k3 = ref keys[slots[i + 3]];
            Vector512<float> s0 = default, s1 = default, s2 = default, s3 = default;
            for (int d = 0; d < dim; d += Lanes.Count)
            {
                Vector512<float> a = Vector512.LoadUnsafe(ref q, (nuint)d);
                s0 = Vector512.FusedMultiplyAdd(a, keys.Piece(ref k0, d), s0);
                s1 = Vector512.FusedMultiplyAdd(a, keys.Piece(ref k1, d), s1);
                s2 = Vector512.FusedMultiplyAdd(a, keys.Piece(ref k2, d), s2);
                s3 = Vector512.FusedMultiplyAdd(a, keys.Piece(ref k3, d), s3);
            }

            (Lanes.Sum(s0, s1, s2, s3) * scale).StoreUnsafe(ref scores[i]);
        }

        for (; i < slots.Length; i++)
        {
            Vector512<float> sum = default;
            for (int d = 0; d < dim; d += Lanes.Count)
                sum = Vector512.FusedMultiplyAdd(Vector512.LoadUnsafe(ref q, (nuint)d), keys.Piece(ref keys[slots[i]], d), sum);
            scores[i] = Lanes.Sum(sum) * scale;
        }
    }

    /// <summary>Turns scores into weights relative to the largest score so far, and scales what was summed before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Weigh(Span<float> scores, int count, ref float largest, ref float total, Span<float> sum)
    {
        int padded = Lanes.RoundUp(count);
        scores[count..padded].Fill(float.NegativeInfinity);
        ref float s = ref MemoryMarshal.GetReference(scores);
        Vector512<float> top = Vector512.Create(largest);
        for (int i = 0; i < padded; i += Lanes.Count)
            top = Vector512.Max(top, Vector512.LoadUnsafe(ref s, (nuint)i));

        float newLargest = Largest(top);
        Vector512<float> weights = default;
        for (int i = 0; i < padded; i += Lanes.Count)
        {
            Vector512<float> weight = Vector512.Exp(Vector512.LoadUnsafe(ref s, (nuint)i) - Vector512.Create(newLargest));
            weight.StoreUnsafe(ref s, (nuint)i);
            weights += weight;
        }

        float shrink = MathF.Exp(largest - newLargest);
        total = MathF.FusedMultiplyAdd(total, shrink, Lanes.Sum(weights));
        largest = newLargest;
        ref float r = ref MemoryMarshal.GetReference(sum);
        for (int d = 0; d < sum.Length; d += Lanes.Count)
            (Vector512.LoadUnsafe(ref r, (nuint)d) * shrink).StoreUnsafe(ref r, (nuint)d);
    }

    /// <summary>sum += Σ weights[i] · value(slots[i]), in the order of positions.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Mix<TElement, TStored>(
        Span<float> weights, Entries<TElement, TStored> values, Span<int> slots, Span<float> sum)
        where TElement : IElement<TStored>
        where TStored : unmanaged
    {
        int dim = values.HeadDim, d = 0;
        ref float r = ref MemoryMarshal.GetReference(sum);
        for (; d + 4 * Lanes.Count <= dim; d += 4 * Lanes.Count)
        {
            Vector512<float> s0 = Vector512.LoadUnsafe(ref r, (nuint)d), s1 = Vector512.LoadUnsafe(ref r, (nuint)(d + 16));
            Vector512<float> s2 = Vector512.LoadUnsafe(ref r, (nuint)(d + 32)), s3 = Vector512.LoadUnsafe(ref r, (nuint)(d + 48));
            for (int i = 0; i < slots.Length; i++)
            {
                ref TStored value = ref values[slots[i]];
                Vector512<float> weight = Vector512.Create(weights[i]);
                s0 = Vector512.FusedMultiplyAdd(weight, TElement.Load(ref value, (nuint)d), s0);
                s1 = Vector512.FusedMultiplyAdd(weight, TElement.Load(ref value, (nuint)(d + 16)), s1);
                s2 = Vector512.FusedMultiplyAdd(weight, TElement.Load(ref value, (nuint)(d + 32)), s2);
                s3 = Vector512.FusedMultiplyAdd(weight, TElement.Load(ref value, (nuint)(d + 48)), s3);
            }

            s0.StoreUnsafe(ref r, (nuint)d);
            s1.StoreUnsafe(ref r, (nuint)(d + 16));
            s2.StoreUnsafe(ref r, (nuint)(d + 32));
            s3.StoreUnsafe(ref r, (nuint)(d + 48));
        }

        for (; d < dim; d += Lanes.Count)
        {
            Vector512<float> s = Vector512.LoadUnsafe(ref r, (nuint)d);
            for (int i = 0; i < slots.Length; i++)
                s = Vector512.FusedMultiplyAdd(Vector512.Create(weights[i]), values.Piece(ref values[slots[i]], d), s);
            s.StoreUnsafe(ref r, (nuint)d);
        }
    }

    private static float Largest(Vector512<float> v)
    {
        float largest = v[0];
        for (int i = 1; i < Lanes.Count; i++)
            largest = MathF.Max(largest, v[i]);
        return largest;
    }

    /// <summary>The keys, or the values, of one key/value head in all slots.</summary>
    private readonly ref struct Entries<TElement, TStored>(Tensor slots, int kvHead, HeadLayout heads)
        where TElement : IElement<TStored>
        where TStored : unmanaged
    {
        private readonly ref TStored _first =
            ref Unsafe.Add(ref MemoryMarshal.GetReference(slots.Row<TStored>(0)), kvHead * heads.HeadDim);

        private readonly nint _stride = heads.KvSize;

        public int HeadDim { get; } = heads.HeadDim;

        /// <summary>The first element in a slot.</summary>
        public ref TStored this[int slot]
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            get => ref Unsafe.Add(ref _first, slot * _stride);
        }

        /// <summary>Sixteen elements from <paramref name="d"/> on; zeros after the head's last.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Piece(ref TStored entry, int d) => HeadDim - d >= Lanes.Count
            ? TElement.Load(ref entry, (nuint)d)
            : Lanes.LoadPartial<TElement, TStored>(ref entry, (nuint)d, HeadDim - d);
    }
}
