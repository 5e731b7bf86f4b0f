namespace Puna.Kernels;

public static partial class GatherRows
{
    /// <summary>A shape is <c>[rows, cols, entries]</c>.</summary>
    public static OpSpec Spec { get; } = new("gather_rows",
        Shapes: [[0, 16, 3], [1, 1, 1], [3, 15, 7], [2, 16, 5], [5, 17, 5], [4, 61, 11], [8, 2048, 100]],
        DTypes: [DType.F32],
        Tolerance: _ => 0,                                                      // a copy
        Bytes: (s, t) => (long)s[0] * s[1] * (t.ByteSize() + 4),
        Flops: _ => 0,
        Prepare: (s, t, values) =>
        {
            Tensor table = values.Normal(t, s[2], s[1]), rows = values.Integers(s[0], s[2]);
            Tensor y = Tensor.Allocate(DType.F32, s[0], s[1]);
            return new OpCall(ops => ops.GatherRows(table, rows, y), y);
        })
    {
        BenchShapes = DecoderSize.Decode((d, m) => [m, d.Hidden, 512]),
    };
}
