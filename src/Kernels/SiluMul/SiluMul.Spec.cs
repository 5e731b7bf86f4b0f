namespace Puna.Kernels;

public static partial class SiluMul
{
    /// <summary>A shape is <c>[rows, cols]</c>.</summary>
    public static OpSpec Spec { get; } = new("silu_mul",
        Shapes: [[0, 16], [1, 1], [3, 15], [2, 16], [2, 17], [5, 61], [3, 8192]],
        DTypes: [DType.F32],
        Tolerance: _ => 25 * 6 * OpSpec.RoundingUnit,                           // values up to 25; exp within 2 ulp, four roundings
        Bytes: (s, _) => 12L * s[0] * s[1],
        Flops: s => 5L * s[0] * s[1],
        Prepare: (s, _, values) =>
        {
            Tensor gateUp = values.Normal(DType.F32, s[0], 2 * s[1]), y = Tensor.Allocate(DType.F32, s[0], s[1]);
            return new OpCall(ops => ops.SiluMul(gateUp, y), y);
        });
}
