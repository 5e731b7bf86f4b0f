namespace Puna.Kernels;

public static partial class Rope
{
    /// <summary>A shape is <c>[rows, query heads, kv heads, head dim]</c>.</summary>
    public static OpSpec Spec { get; } = new("rope",
        Shapes: [[0, 1, 1, 2], [1, 1, 1, 2], [3, 2, 1, 8], [2, 3, 3, 30], [2, 4, 2, 32], [3, 2, 2, 34], [4, 32, 8, 64], [2, 8, 2, 128]],
        DTypes: [DType.F32],
        Tolerance: _ => 8 * 4 * OpSpec.RoundingUnit,                            // values up to 8 after rotation, three roundings
        Bytes: (s, _) => 8L * s[0] * (s[1] + s[2]) * s[3],
        Flops: s => 3L * s[0] * (s[1] + s[2]) * s[3],
        Prepare: (s, _, values) =>
        {
            HeadLayout heads = new(s[1], s[2], s[3]);
            Tensor start = values.Normal(DType.F32, s[0], heads.QuerySize + 2 * heads.KvSize);
            Tensor frequencies = values.Normal(DType.F32, 1, s[3] / 2), positions = values.Integers(s[0], 100_000);
            Tensor rows = Tensor.Allocate(DType.F32, start.Rows, start.Cols);
            return new OpCall(ops =>
            {
                start.Span<float>().CopyTo(rows.Span<float>());
                ops.Rope(rows, heads, frequencies, positions);
            }, rows);
        });
}
