using System.Numerics;
using System.Runtime.InteropServices;

namespace Puna.Kernels;

/// <summary>The passes over a row: whole vectors first, and what is left over by the scalar definition.</summary>
public static partial class Sample
{
    /// <summary>
    /// 2⁵²: a double of 0 to 2⁵² that is added to it is rounded to an integer, which its low bits then are.
    /// </summary>
    private const double Rounder = 1L << 52;

    private static float CpuMax(ReadOnlySpan<float> logits)
    {
        ReadOnlySpan<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(logits);
        Vector<float> a = new(float.NegativeInfinity), b = a;
        Vector<int> numbers = Vector<int>.AllBitsSet;
        int i = 0;
        for (; i + 1 < vectors.Length; i += 2)
        {
            Vector<float> x = vectors[i], y = vectors[i + 1];
            numbers &= Vector.Equals(x, x) & Vector.Equals(y, y);
            a = Vector.MaxNative(a, x);
            b = Vector.MaxNative(b, y);
        }

        a = Vector.MaxNative(a, b);
        float largest = float.NegativeInfinity;
        for (int lane = 0; lane < Vector<float>.Count; lane++)
            largest = Math.Max(largest, a[lane]);

        bool isNumber = numbers == Vector<int>.AllBitsSet;
        foreach (float x in logits[(i * Vector<float>.Count)..])
        {
            isNumber &= !float.IsNaN(x);
            largest = Math.Max(largest, x);
        }

        return isNumber ? largest : throw NotANumber(logits);
    }

    private static int CpuIndexOf(ReadOnlySpan<float> row, float value)
    {
        ReadOnlySpan<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(row);
        Vector<float> wanted = new(value);
        int i = 0;
        while (i < vectors.Length && !Vector.EqualsAny(vectors[i], wanted))
            i++;
        i *= Vector<float>.Count;
        while (row[i] != value)
            i++;
        return i;
    }

    private static void CpuShift(ReadOnlySpan<float> logits, float high, float low, Span<float> shifted)
    {
        ReadOnlySpan<Vector<float>> from = MemoryMarshal.Cast<float, Vector<float>>(logits);
        Span<Vector<float>> to = MemoryMarshal.Cast<float, Vector<float>>(shifted);
        Vector<float> h = new(high), l = new(low);
        for (int i = 0; i < to.Length; i++)
        {
            Vector<float> x = from[i];
            to[i] = Vector.ConditionalSelect(Vector.Equals(x, h), Vector<float>.Zero, x - h) - l;
        }

        for (int i = to.Length * Vector<float>.Count; i < shifted.Length; i++)
            shifted[i] = ShiftOne(logits[i], high, low);
    }

    private static void CpuWeigh(ReadOnlySpan<float> shifted, float scale, Span<float> weights)
    {
        ReadOnlySpan<Vector<float>> from = MemoryMarshal.Cast<float, Vector<float>>(shifted);
        Span<Vector<float>> to = MemoryMarshal.Cast<float, Vector<float>>(weights);
        Vector<float> s = new(scale);
        for (int i = 0; i < to.Length; i++)
            to[i] = CpuExp2(from[i] * s);
        for (int i = to.Length * Vector<float>.Count; i < weights.Length; i++)
            weights[i] = Exp2(shifted[i] * scale);
    }

    /// <summary><see cref="Exp2"/> in each lane.</summary>
    internal static Vector<float> CpuExp2(Vector<float> x)
    {
        x = Vector.MaxNative(x, new Vector<float>(Exp2Lowest));
        Vector<float> n = Vector.Round(x), f = x - n;
        Vector<float> y = Vector.FusedMultiplyAdd(new Vector<float>(C7), f, new Vector<float>(C6));
        y = Vector.FusedMultiplyAdd(y, f, new Vector<float>(C5));
        y = Vector.FusedMultiplyAdd(y, f, new Vector<float>(C4));
        y = Vector.FusedMultiplyAdd(y, f, new Vector<float>(C3));
        y = Vector.FusedMultiplyAdd(y, f, new Vector<float>(C2));
        y = Vector.FusedMultiplyAdd(y, f, new Vector<float>(C1));
        y = Vector.FusedMultiplyAdd(y, f, Vector<float>.One);
        return Vector.AsVectorSingle(Vector.AsVectorInt32(y) + Vector.ShiftLeft(Vector.ConvertToInt32Native(n), 23));
    }

    private static int CpuCount(ReadOnlySpan<float> shifted, float threshold)
    {
        ReadOnlySpan<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(shifted);
        Vector<float> t = new(threshold);
        Vector<int> counts = Vector<int>.Zero;
        foreach (Vector<float> d in vectors)
            counts -= Vector.GreaterThanOrEqual(d, t);

        int count = Vector.Sum(counts);
        foreach (float d in shifted[(vectors.Length * Vector<float>.Count)..])
            count += d >= threshold ? 1 : 0;
        return count;
    }

    /// <summary>Mass of the tokens with d and w at or above their thresholds.</summary>
    private static ulong CpuMass(
        ReadOnlySpan<float> shifted, ReadOnlySpan<float> weights, float threshold, float minWeight)
    {
        ReadOnlySpan<Vector<float>> ds = MemoryMarshal.Cast<float, Vector<float>>(shifted);
        ReadOnlySpan<Vector<float>> ws = MemoryMarshal.Cast<float, Vector<float>>(weights);
        Vector<float> t = new(threshold), m = new(minWeight);
        Vector<ulong> sum = Vector<ulong>.Zero;
        for (int i = 0; i < ws.Length && i < ds.Length; i++)
        {
            Vector<int> mask = Vector.GreaterThanOrEqual(ds[i], t) & Vector.GreaterThanOrEqual(ws[i], m);
            sum += BiasedMasses(ws[i] & Vector.AsVectorSingle(mask));
        }

        ulong total = Unbiased(sum, ws.Length);
        for (int i = ws.Length * Vector<float>.Count; i < weights.Length; i++)
            total += shifted[i] >= threshold && weights[i] >= minWeight ? Mass(weights[i]) : 0;
        return total;
    }

    /// <summary>Mass of a whole row of logits at temperature 1, without storing weights.</summary>
    private static ulong CpuLogitMass(ReadOnlySpan<float> logits, float largest)
    {
        ReadOnlySpan<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(logits);
        float scale = Scale(1);
        Vector<float> h = new(largest), s = new(scale);
        Vector<ulong> sum = Vector<ulong>.Zero;
        foreach (Vector<float> x in vectors)
        {
            Vector<float> d = Vector.ConditionalSelect(Vector.Equals(x, h), Vector<float>.Zero, x - h);
            sum += BiasedMasses(CpuExp2(d * s));
        }

        ulong total = Unbiased(sum, vectors.Length);
        foreach (float x in logits[(vectors.Length * Vector<float>.Count)..])
            total += Mass(Exp2(ShiftOne(x, largest, 0f) * scale));
        return total;
    }

    /// <summary>Masses of all lanes, two added in each, and to each the bits of <see cref="Rounder"/>.</summary>
    private static Vector<ulong> BiasedMasses(Vector<float> weights)
    {
        Vector.Widen(weights, out Vector<double> a, out Vector<double> b);
        Vector<double> unit = new(MassPerWeight), rounder = new(Rounder);
        return Vector.AsVectorUInt64(a * unit + rounder) + Vector.AsVectorUInt64(b * unit + rounder);
    }

    /// <summary>Takes off, modulo 2⁶⁴, what <see cref="BiasedMasses"/> added for each weight.</summary>
    private static ulong Unbiased(Vector<ulong> sum, int vectorCount) =>
        Vector.Sum(sum) - (ulong)vectorCount * (ulong)Vector<float>.Count * BitConverter.DoubleToUInt64Bits(Rounder);

    private static int CpuGather(ReadOnlySpan<float> shifted, uint low, uint high, Span<ulong> tokens)
    {
        ReadOnlySpan<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(shifted);
        Vector<float> from = new(FromOrder(low)), to = new(FromOrder(high));
        int count = 0, width = Vector<float>.Count;
        for (int i = 0; i < vectors.Length; i++)
        {
            Vector<int> mask = Vector.GreaterThanOrEqual(vectors[i], from) & Vector.LessThan(vectors[i], to);
            if (mask != Vector<int>.Zero)
                Gather(shifted, i * width, (i + 1) * width, low, high, tokens, ref count);
        }

        Gather(shifted, vectors.Length * width, shifted.Length, low, high, tokens, ref count);
        return count;
    }

    private static void Gather(
        ReadOnlySpan<float> shifted, int first, int end, uint low, uint high, Span<ulong> tokens, ref int count)
    {
        for (int id = first; id < end; id++)
        {
            uint order = Order(shifted[id]);
            if (order >= low && order < high)
                tokens[count++] = OrderWithId(shifted[id], id);
        }
    }
}
