namespace Puna.Kernels;

public static partial class MatMul
{
    /// <summary>A shape is <c>[rows, in, out of the first part, out of the second part]</c>; there is a bias when out is odd.</summary>
    public static OpSpec Spec { get; } = new("mat_mul",
        Shapes:
        [
            [0, 16, 4, 4], [1, 1, 1, 0], [3, 15, 3, 1], [2, 16, 4, 0], [5, 17, 5, 2], [4, 61, 7, 6], [6, 128, 12, 5],
            [9, 1000, 17, 0], [8, 1024, 16, 16], [65, 1040, 66, 3], [1, 2048, 64, 0], [4, 4096, 65, 8], [3, 14336, 4, 0],
        ],
        DTypes: [DType.F32, DType.BF16, DType.F16],
        // K products of variance 1; a chain of K / 8 additions in a segment (where lanes share it, fewer), 4 for the lanes, 8 for the segments, 1 for the
        // bias. Rounding errors add like a random walk (Higham and Mary 2019): 8 standard deviations.
        Tolerance: s => 8 * OpSpec.RoundingUnit * Math.Sqrt((s[1] / 8.0 + 13) * s[1]),
        Bytes: (s, t) => (long)t.ByteSize() * s[1] * (s[2] + s[3]) + 4L * s[0] * (s[1] + s[2] + s[3]),
        Flops: s => 2L * s[0] * s[1] * (s[2] + s[3]),
        Prepare: (s, t, values) =>
        {
            int outSize = s[2] + s[3];
            Tensor x = values.Normal(DType.F32, s[0], s[1]), y = Tensor.Allocate(DType.F32, s[0], outSize);
            Part first = new(values.Normal(t, s[2], s[1])), second = new(values.Normal(t, s[3], s[1]));
            Linear weight = new([first, second], outSize % 2 == 1 ? values.Normal(DType.F32, 1, outSize) : null);
            return new OpCall(ops => ops.MatMul(x, weight, y), y);
        });
}
