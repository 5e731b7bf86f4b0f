using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Puna.Kernels.Cpu;

namespace Puna.Kernels;

public static partial class Rope
{
    private const int GrainFloats = 1 << 12;   // about a microsecond's worth: the sines take most of it

    private readonly record struct Work(Tensor QueryKeyValue, HeadLayout Heads, Tensor Frequencies, Tensor Positions);

    /// <summary>Rows in parallel; a row's cosines and sines once for all its heads.</summary>
    /// <inheritdoc cref="IBackend.Rope"/>
    /// <param name="queryKeyValue">F32 <c>[rows, (heads + 2 kv_heads) × head_dim]</c>; values are left alone.</param>
    /// <param name="heads">The layout of a row.</param>
    /// <param name="frequencies">F32 <c>[1, head_dim / 2]</c>, radians per position.</param>
    /// <param name="positions">I32 <c>[1, rows]</c>.</param>
    /// <param name="pool">The threads.</param>
    /// <exception cref="ArgumentException">Shapes disagree.</exception>
    public static void Cpu(Tensor queryKeyValue, HeadLayout heads, Tensor frequencies, Tensor positions, CpuPool pool)
    {
        Check(queryKeyValue, heads, frequencies, positions);
        pool.Run((int)queryKeyValue.Rows, new Work(queryKeyValue, heads, frequencies, positions),
            static (in Work w, int row) =>
                CpuRow(w.QueryKeyValue.Row<float>(row), w.Heads, w.Frequencies.Row<float>(0), w.Positions.Row<int>(0)[row]),
            CpuPool.GrainOf(GrainFloats, queryKeyValue.Cols));
    }

    private static void CpuRow(Span<float> row, HeadLayout heads, Span<float> frequencies, int position)
    {
        int half = heads.HeadDim / 2;
        Span<float> cos = stackalloc float[half], sin = stackalloc float[half];
        Turn(position, frequencies, cos, sin);
        for (int head = 0; head < heads.HeadCount + heads.KvHeadCount; head++)
            Rotate(row.Slice(head * heads.HeadDim, heads.HeadDim), cos, sin);
    }

    /// <summary>Cosines and sines of position · frequency, a product in F32, rounded from double.</summary>
    [MethodImpl(Lanes.HotLoop)]
    private static void Turn(float position, Span<float> frequencies, Span<float> cos, Span<float> sin)
    {
        int j = 0;
        for (; j <= cos.Length - Vector256<float>.Count; j += Vector256<float>.Count)
        {
            Vector256<float> angle = Vector256.LoadUnsafe(ref frequencies[0], (nuint)j) * position;
            (Vector256<double> lower, Vector256<double> upper) = Vector256.Widen(angle);
            (Vector512<double> s, Vector512<double> c) = Vector512.SinCos(Vector512.Create(lower, upper));
            Vector256.Narrow(s.GetLower(), s.GetUpper()).StoreUnsafe(ref sin[0], (nuint)j);
            Vector256.Narrow(c.GetLower(), c.GetUpper()).StoreUnsafe(ref cos[0], (nuint)j);
        }

        for (; j < cos.Length; j++)
        {
            (double s, double c) = Math.SinCos(position * frequencies[j]);
            (cos[j], sin[j]) = ((float)c, (float)s);
        }
    }

    [MethodImpl(Lanes.HotLoop)]
    private static void Rotate(Span<float> head, Span<float> cos, Span<float> sin)
    {
        int half = cos.Length;
        ref float first = ref MemoryMarshal.GetReference(head);
        ref float second = ref Unsafe.Add(ref first, half);
        int j = 0;
        for (; j <= half - Lanes.Count; j += Lanes.Count)
        {
            Vector512<float> c = Vector512.LoadUnsafe(ref cos[0], (nuint)j), s = Vector512.LoadUnsafe(ref sin[0], (nuint)j);
            Vector512<float> a = Vector512.LoadUnsafe(ref first, (nuint)j), b = Vector512.LoadUnsafe(ref second, (nuint)j);
            Vector512.FusedMultiplyAdd(a, c, -(b * s)).StoreUnsafe(ref first, (nuint)j);
            Vector512.FusedMultiplyAdd(b, c, a * s).StoreUnsafe(ref second, (nuint)j);
        }

        for (; j < half; j++)
        {
            (float a, float b) = (head[j], head[half + j]);
            head[j] = MathF.FusedMultiplyAdd(a, cos[j], -(b * sin[j]));
            head[half + j] = MathF.FusedMultiplyAdd(b, cos[j], a * sin[j]);
        }
    }
}
