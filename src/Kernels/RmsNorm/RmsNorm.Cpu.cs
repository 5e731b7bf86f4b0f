using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Puna.Kernels.Cpu;

namespace Puna.Kernels;

public static partial class RmsNorm
{
    private const int GrainFloats = 1 << 14;   // about a microsecond's worth

    private readonly record struct Work(Tensor X, Tensor Weight, float Epsilon, Tensor Y);

    /// <summary>Rows in parallel; the squares of a row in sixteen partial sums.</summary>
    /// <inheritdoc cref="IBackend.RmsNorm"/>
    /// <param name="x">F32 <c>[rows, cols]</c>.</param>
    /// <param name="weight">F32 <c>[1, cols]</c>.</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <param name="y">F32 <c>[rows, cols]</c>; may be <paramref name="x"/>.</param>
    /// <param name="pool">The threads.</param>
    /// <exception cref="ArgumentException">Shapes disagree.</exception>
    public static void Cpu(Tensor x, Tensor weight, float epsilon, Tensor y, CpuPool pool)
    {
        Check(x, weight, y);
        pool.Run((int)x.Rows, new Work(x, weight, epsilon, y), static (in Work w, int row) =>
            CpuRow(w.X.Row<float>(row), w.Weight.Row<float>(0), w.Epsilon, w.Y.Row<float>(row)),
            CpuPool.GrainOf(GrainFloats, x.Cols));
    }

    [MethodImpl(Lanes.HotLoop)]
    private static void CpuRow(Span<float> x, Span<float> weight, float epsilon, Span<float> y)
    {
        ref float source = ref MemoryMarshal.GetReference(x);
        Vector512<float> squares = default;
        int i = 0;
        for (; i <= x.Length - Lanes.Count; i += Lanes.Count)
        {
            Vector512<float> v = Vector512.LoadUnsafe(ref source, (nuint)i);
            squares = Vector512.FusedMultiplyAdd(v, v, squares);
        }

        float sum = Lanes.Sum(squares);
        for (int t = i; t < x.Length; t++)
            sum = MathF.FusedMultiplyAdd(x[t], x[t], sum);

        float scale = 1 / MathF.Sqrt(sum / x.Length + epsilon);
        ref float gain = ref MemoryMarshal.GetReference(weight);
        ref float target = ref MemoryMarshal.GetReference(y);
        for (i = 0; i <= x.Length - Lanes.Count; i += Lanes.Count)
        {
            Vector512<float> v = Vector512.LoadUnsafe(ref source, (nuint)i) * scale;
            (v * Vector512.LoadUnsafe(ref gain, (nuint)i)).StoreUnsafe(ref target, (nuint)i);
        }

        for (; i < x.Length; i++)
            y[i] = x[i] * scale * weight[i];
    }
}
