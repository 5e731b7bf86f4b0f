using System.Numerics.Tensors;
using Puna.Kernels.Cpu;

namespace Puna.Kernels;

public static partial class Add
{
    private const int GrainFloats = 1 << 14;   // about a microsecond's worth

    private readonly record struct Work(Tensor X, Tensor Y);

    /// <summary>Rows in parallel; one rounding per element, so equal to the reference bit for bit.</summary>
    /// <inheritdoc cref="IBackend.Add"/>
    /// <param name="x">F32 <c>[rows, cols]</c>.</param>
    /// <param name="y">F32 <c>[rows, cols]</c>.</param>
    /// <param name="pool">The threads.</param>
    /// <exception cref="ArgumentException">Shapes disagree.</exception>
    public static void Cpu(Tensor x, Tensor y, CpuPool pool)
    {
        Check(x, y);
        pool.Run((int)x.Rows, new Work(x, y), static (in Work w, int row) =>
            TensorPrimitives.Add(w.X.Row<float>(row), w.Y.Row<float>(row), w.Y.Row<float>(row)),
            CpuPool.GrainOf(GrainFloats, x.Cols));
    }
}
