using System.Collections.Immutable;

namespace Puna.Kernels;

/// <summary>A shape to be measured.</summary>
/// <param name="Name">What asks for it: a decoder's size, which of its products, and rows, as in <c>1b/qkv/M1</c>.</param>
/// <param name="Shape">The shape, as the op's spec counts.</param>
public sealed record BenchShape(string Name, ImmutableArray<int> Shape);

/// <summary>What a decoder of a published size asks of the ops.</summary>
/// <param name="Name">Its weights, about.</param>
/// <param name="Hidden">Width of the residual stream.</param>
/// <param name="Heads">The layout of a row.</param>
/// <param name="Intermediate">Width of the MLP.</param>
internal sealed record DecoderSize(string Name, int Hidden, HeadLayout Heads, int Intermediate)
{
    /// <summary>Rows of the embedding.</summary>
    public const int Vocabulary = 128_256;

    /// <summary>Columns of a joined Q/K/V row.</summary>
    public int QueryKeyValue => Heads.QuerySize + 2 * Heads.KvSize;

    /// <summary>Of Llama 3.2 and 3.1: Dubey et al. 2024, arXiv:2407.21783, table 3.</summary>
    public static ImmutableArray<DecoderSize> Known { get; } =
    [
        new("1b", 2048, new HeadLayout(32, 8, 64), 8192),
        new("3b", 3072, new HeadLayout(24, 8, 128), 8192),
        new("8b", 4096, new HeadLayout(32, 8, 128), 14336),
    ];

    /// <summary>A shape for each size, for one generated row and for 512 rows of a prompt.</summary>
    /// <param name="shape">The shape, given the size and the rows.</param>
    /// <param name="what">Which of several shapes of a size this is.</param>
    public static ImmutableArray<BenchShape> Rows(Func<DecoderSize, int, ImmutableArray<int>> shape, string what = "") =>
        [.. Decode(shape, what), .. Each(512, shape, what)];

    /// <summary>A shape for each size, for one generated row.</summary>
    /// <inheritdoc cref="Rows"/>
    public static ImmutableArray<BenchShape> Decode(Func<DecoderSize, int, ImmutableArray<int>> shape, string what = "") =>
        Each(1, shape, what);

    private static ImmutableArray<BenchShape> Each(int rows, Func<DecoderSize, int, ImmutableArray<int>> shape, string what) =>
        [.. Known.Select(d => new BenchShape($"{d.Name}/{(what.Length > 0 ? what + "/" : "")}M{rows}", shape(d, rows)))];
}
