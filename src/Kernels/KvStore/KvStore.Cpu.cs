using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Puna.Kernels.Cpu;

namespace Puna.Kernels;

public static partial class KvStore
{
    private const int RowsPerItem = KvLayer.GroupSlots;   // neighbours share cache lines of keys

    private readonly record struct Work(Tensor QueryKeyValue, HeadLayout Heads, Tensor Slots, KvLayer Cache);

    /// <summary>Sixteen elements at a time, sixteen rows per thread; the same bits as the reference.</summary>
    /// <inheritdoc cref="IBackend.StoreKv"/>
    /// <param name="queryKeyValue">F32 <c>[rows, (heads + 2 kv_heads) × head_dim]</c>.</param>
    /// <param name="heads">The layout of a row.</param>
    /// <param name="slots">I32 <c>[1, rows]</c>.</param>
    /// <param name="cache">The layer's slots.</param>
    /// <param name="pool">The threads.</param>
    /// <exception cref="ArgumentException">Shapes disagree, or a slot is outside the cache.</exception>
    public static void Cpu(Tensor queryKeyValue, HeadLayout heads, Tensor slots, KvLayer cache, CpuPool pool)
    {
        Check(queryKeyValue, heads, slots, cache);
        int items = (int)((queryKeyValue.Rows + RowsPerItem - 1) / RowsPerItem);
        pool.Run(items, new Work(queryKeyValue, heads, slots, cache), static (in Work w, int item) =>
        {
            int end = (int)Math.Min(w.QueryKeyValue.Rows, (item + 1L) * RowsPerItem);
            for (int row = item * RowsPerItem; row < end; row++)
            {
                switch (w.Cache.Keys.DType)
                {
                    case DType.F32: StoreRow<float>(in w, row, static (from, to, _, _) => from.CopyTo(to)); break;
                    case DType.BF16: StoreRow<ushort>(in w, row, static (from, to, _, _) => Narrow(from, to)); break;
                    default: StoreRow<sbyte>(in w, row, Quantize); break;
                }
            }
        });
    }

    private delegate void Rounding<TStored>(ReadOnlySpan<float> from, Span<TStored> to, Tensor? scales, long scale);

    [SkipLocalsInit]
    private static void StoreRow<TStored>(in Work w, int row, Rounding<TStored> round)
        where TStored : unmanaged
    {
        (HeadLayout heads, KvLayer cache, int slot) = (w.Heads, w.Cache, w.Slots.Row<int>(0)[row]);
        Span<float> keys = w.QueryKeyValue.Row<float>(row).Slice(heads.QuerySize, heads.KvSize);
        Span<float> values = w.QueryKeyValue.Row<float>(row).Slice(heads.QuerySize + heads.KvSize, heads.KvSize);
        Span<TStored> key = stackalloc TStored[heads.HeadDim];
        for (int head = 0; head < heads.KvHeadCount; head++)
        {
            int at = head * heads.HeadDim;
            long scale = head * cache.SlotCount + slot;
            round(values.Slice(at, heads.HeadDim), cache.Values.Row<TStored>(cache.ValueRow(head, slot)), cache.ValueScales, scale);
            round(keys.Slice(at, heads.HeadDim), key, cache.KeyScales, scale);
            Scatter(key, ref cache.Keys.Row<TStored>(cache.KeyRow(head, slot, 0))[slot % KvLayer.GroupSlots]);
        }
    }

    [MethodImpl(Lanes.HotLoop)]
    private static void Scatter<TStored>(Span<TStored> key, ref TStored first)
    {
        for (int d = 0; d < key.Length; d++)
            Unsafe.Add(ref first, d * KvLayer.GroupSlots) = key[d];
    }

    /// <summary><see cref="DTypes.RoundToBF16"/> of every element.</summary>
    [MethodImpl(Lanes.HotLoop)]
    private static void Narrow(ReadOnlySpan<float> from, Span<ushort> to)
    {
        Debug.Assert(from.Length == to.Length);
        int i = 0;
        for (; i <= from.Length - Lanes.Count; i += Lanes.Count)
        {
            Vector512<uint> bits = Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(from), (nuint)i).AsUInt32();
            Vector512<uint> rounded = bits + Vector512.Create(0x7FFFu) + (bits >> 16 & Vector512<uint>.One);
            Vector512<uint> isNaN = ~Vector512.Equals(bits.AsSingle(), bits.AsSingle()).AsUInt32();
            Vector512<uint> upper = Vector512.ConditionalSelect(isNaN, bits | Vector512.Create(0x400000u), rounded) >> 16;
            Vector256.Narrow(upper.GetLower(), upper.GetUpper()).StoreUnsafe(ref MemoryMarshal.GetReference(to), (nuint)i);
        }

        for (; i < from.Length; i++)
            to[i] = BF16Element.Narrow(from[i]);
    }

    /// <summary><see cref="QuantizeRows.Reference"/>: quotients in F32 have the bits of its quotients in double, rounded.</summary>
    private static void Quantize(ReadOnlySpan<float> from, Span<sbyte> to, Tensor? scales, long at)
    {
        float scale = Largest(from) / 127;
        scales!.Value.Buffer.Span<float>(scales.Value.Offset + at * sizeof(float), 1)[0] = scale;   // an I8 cache has them
        if (scale == 0 || !float.IsFinite(scale))
            to.Clear();
        else
            Divide(from, scale, to);
    }

    /// <summary>The largest magnitude; NaN where an element is.</summary>
    [MethodImpl(Lanes.HotLoop)]
    private static float Largest(ReadOnlySpan<float> values)
    {
        Vector512<float> top = default;
        int i = 0;
        for (; i <= values.Length - Lanes.Count; i += Lanes.Count)
            top = Vector512.Max(top, Vector512.Abs(Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(values), (nuint)i)));
        float largest = 0;
        for (int lane = 0; lane < Lanes.Count; lane++)
            largest = MathF.Max(largest, top[lane]);
        for (; i < values.Length; i++)
            largest = MathF.Max(largest, MathF.Abs(values[i]));
        return largest;
    }

    [MethodImpl(Lanes.HotLoop)]
    private static void Divide(ReadOnlySpan<float> values, float scale, Span<sbyte> codes)
    {
        Vector512<float> divisor = Vector512.Create(scale), limit = Vector512.Create(127f);
        int i = 0;
        for (; i <= values.Length - Lanes.Count; i += Lanes.Count)
        {
            Vector512<float> code = Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(values), (nuint)i) / divisor;
            code = Vector512.Clamp(Vector512.Round(code), -limit, limit);
            Vector512<int> whole = Vector512.ConvertToInt32(code);
            Vector256<short> shorts = Vector256.Narrow(whole.GetLower(), whole.GetUpper());
            Vector128.Narrow(shorts.GetLower(), shorts.GetUpper()).StoreUnsafe(ref MemoryMarshal.GetReference(codes), (nuint)i);
        }

        for (; i < values.Length; i++)
            codes[i] = I8Element.Narrow(values[i] / scale);
    }
}
