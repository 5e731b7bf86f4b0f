namespace Puna.Kernels;

public static partial class Add
{
    /// <summary>A shape is <c>[rows, cols]</c>.</summary>
    public static OpSpec Spec { get; } = new("add",
        Shapes: [[0, 16], [1, 1], [3, 15], [2, 16], [2, 17], [5, 61], [4, 4096]],
        DTypes: [DType.F32],
        Tolerance: _ => 0,                                                      // one rounding, the same everywhere
        Bytes: (s, _) => 12L * s[0] * s[1],
        Flops: s => (long)s[0] * s[1],
        Prepare: (s, _, values) =>
        {
            Tensor x = values.Normal(DType.F32, s[0], s[1]), start = values.Normal(DType.F32, s[0], s[1]);
            Tensor y = Tensor.Allocate(DType.F32, s[0], s[1]);
            return new OpCall(ops =>
            {
                start.Span<float>().CopyTo(y.Span<float>());
                ops.Add(x, y);
            }, y)
            {
                Again = ops => ops.Add(x, y),
            };
        })
    {
        BenchShapes = DecoderSize.Rows((d, m) => [m, d.Hidden]),
    };
}
