namespace Puna.Kernels;

public static partial class RmsNorm
{
    /// <summary>A shape is <c>[rows, cols]</c>.</summary>
    public static OpSpec Spec { get; } = new("rms_norm",
        Shapes: [[0, 64], [1, 1], [3, 15], [2, 16], [2, 17], [5, 61], [3, 256], [2, 4096]],
        DTypes: [DType.F32],
        // values up to 25 (a normal times a normal); squares: cols / 16 additions per lane; then four roundings
        Tolerance: s => 25 * (Math.Sqrt(s[1] / 16.0) + 6) * OpSpec.RoundingUnit,
        Bytes: (s, _) => 4L * (2 * s[0] + 1) * s[1],
        Flops: s => 4L * s[0] * s[1],
        Prepare: (s, _, values) =>
        {
            Tensor x = values.Normal(DType.F32, s[0], s[1]), weight = values.Normal(DType.F32, 1, s[1]);
            Tensor y = Tensor.Allocate(DType.F32, s[0], s[1]);
            return new OpCall(ops => ops.RmsNorm(x, weight, 1e-5f, y), y);
        });
}
