namespace Puna.Kernels;

public static partial class Embed
{
    /// <summary>A shape is <c>[ids, cols, entries]</c>.</summary>
    public static OpSpec Spec { get; } = new("embed",
        Shapes: [[0, 16, 3], [1, 1, 1], [3, 15, 7], [2, 16, 5], [5, 17, 5], [4, 61, 11], [8, 2048, 100]],
        DTypes: [DType.F32, DType.BF16, DType.F16],
        Tolerance: _ => 0,                                                      // widening is exact
        Bytes: (s, t) => (long)s[0] * s[1] * (t.ByteSize() + 4),
        Flops: _ => 0,
        Prepare: (s, t, values) =>
        {
            Part table = new(values.Normal(t, s[2], s[1]));
            Tensor ids = values.Integers(s[0], s[2]), y = Tensor.Allocate(DType.F32, s[0], s[1]);
            return new OpCall(ops => ops.Embed(table, ids, y), y);
        })
    {
        BenchShapes = DecoderSize.Rows((d, m) => [m, d.Hidden, 16_384]),
    };
}
