using System.Collections.Immutable;

namespace Puna.Kernels;

public static partial class MatMul
{
    /// <summary>What weights are kept in, and how activations meet them.</summary>
    internal static ImmutableArray<PartFormat> Formats { get; } =
    [
        .. from activations in new[] { ActivationType.F32, ActivationType.BF16 }
           from type in new[] { DType.F32, DType.BF16, DType.F16 }
           select new PartFormat(type, activations),
        .. from activations in Enum.GetValues<ActivationType>()
           from groups in new[] { 1, Segments.Count }
           select new PartFormat(DType.I8, activations, groups),
        new(DType.F8E4M3, ActivationType.F32, 1), new(DType.F8E4M3, ActivationType.BF16, 1),
    ];

    /// <summary>
    /// One for each format; a shape is <c>[rows, in, out of the first part, out of the second part]</c>, and there is a bias
    /// when out is odd.
    /// </summary>
    public static ImmutableArray<OpSpec> Specs { get; } = [.. Formats.Select(SpecOf)];

    private static OpSpec SpecOf(PartFormat format) => new($"mat_mul/{format}",
        Shapes:
        [
            [0, 16, 4, 4], [1, 1, 1, 0], [3, 15, 3, 1], [2, 16, 4, 0], [5, 17, 5, 2], [4, 61, 7, 6], [6, 128, 12, 5],
            [9, 1000, 17, 0], [8, 1024, 16, 16], [12, 256, 33, 31], [13, 1040, 32, 0], [65, 1040, 66, 3], [1, 2048, 64, 0],
            [4, 4096, 65, 8], [3, 14336, 4, 0],
        ],
        DTypes: [format.DType],
        // K products of variance 1. In each of the eight segments K / 8 of them are added one after the other, to sums whose
        // variance grows to K / 8: together K · K / 16. Then 8 additions of segments, 3 multiplications with scales or a
        // division, 4 for lanes and 1 for the bias, to numbers of variance K at most. Rounding errors add like a random walk
        // (Higham and Mary 2019): 8 standard deviations. Codes and BF16 activations are the reference's own, bit for bit.
        Tolerance: s => 8 * OpSpec.RoundingUnit * Math.Sqrt((s[1] / 16.0 + 16) * s[1]),
        Bytes: (s, t) => ((long)t.ByteSize() * s[1] + 4L * format.ScaleGroups) * (s[2] + s[3]) + 4L * s[0] * (s[1] + s[2] + s[3]),
        Flops: s => 2L * s[0] * s[1] * (s[2] + s[3]),
        Prepare: (s, _, values) =>
        {
            int outSize = s[2] + s[3];
            Tensor x = values.Normal(DType.F32, s[0], s[1]), y = Tensor.Allocate(DType.F32, s[0], outSize);
            SpecPart first = new(values, format, s[2], s[1]), second = new(values, format, s[3], s[1]);
            Tensor? bias = outSize % 2 == 1 ? values.Normal(DType.F32, 1, outSize) : null;
            ByLayout<Linear> weight = new(layout => new Linear([first.In(layout), second.In(layout)], bias));
            return Call(format, x, weight, y);
        })
    {
        BenchShapes = DecoderProducts,
        IsStreaming = true,
        Activations = format.Activations,
    };
}
