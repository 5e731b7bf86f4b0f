using System.Collections.Immutable;

namespace Puna.Kernels;

public static partial class Embed
{
    private static readonly ImmutableArray<PartFormat> Formats =
    [
        new(DType.F32), new(DType.BF16), new(DType.BF16, ActivationType.BF16), new(DType.F16),
        new(DType.I8, ActivationType.I8, 1), new(DType.I8, ActivationType.I8, Segments.Count), new(DType.F8E4M3, ActivationType.BF16, 1),
    ];

    /// <summary>One for each format; a shape is <c>[ids, cols, entries]</c>.</summary>
    public static ImmutableArray<OpSpec> Specs { get; } = [.. Formats.Select(SpecOf)];

    private static OpSpec SpecOf(PartFormat format) => new($"embed/{format}",
        Shapes: [[0, 16, 3], [1, 1, 1], [3, 15, 7], [2, 16, 5], [5, 17, 5], [4, 61, 11], [9, 1037, 40], [8, 2048, 100]],
        DTypes: [format.DType],
        Tolerance: _ => 0,                                   // widening is exact, and a scale is multiplied by once
        Bytes: (s, t) => s[0] * ((long)s[1] * (t.ByteSize() + 4) + 4L * format.ScaleGroups),
        Flops: s => format.ScaleGroups > 0 ? (long)s[0] * s[1] : 0,
        Prepare: (s, _, values) =>
        {
            SpecPart entries = new(values, format, s[2], s[1]);
            ByLayout<Part> table = new(entries.In);
            Tensor ids = values.Integers(s[0], s[2]), y = Tensor.Allocate(DType.F32, s[0], s[1]);
            return new OpCall(ops => ops.Embed(table[ops.LayoutOf(format)], ids, y), y);
        })
    {
        BenchShapes = DecoderSize.Rows((d, m) => [m, d.Hidden, 16_384]),
    };
}
