using System.Collections.Immutable;

namespace Puna.Kernels;

public static partial class MatMul
{
    private const int PieceColumns = 48;   // more than a panel

    /// <summary>The products of a layer, joined as a model joins them, and the LM head, of which a prompt wants one row.</summary>
    private static ImmutableArray<BenchShape> DecoderProducts { get; } =
    [
        .. DecoderSize.Rows((d, m) => [m, d.Hidden, d.Heads.QuerySize, 2 * d.Heads.KvSize], "qkv"),
        .. DecoderSize.Rows((d, m) => [m, d.Heads.QuerySize, d.Hidden, 0], "o"),
        .. DecoderSize.Rows((d, m) => [m, d.Hidden, d.Intermediate, d.Intermediate], "gate-up"),
        .. DecoderSize.Rows((d, m) => [m, d.Intermediate, d.Hidden, 0], "down"),
        .. DecoderSize.Decode((d, m) => [m, d.Hidden, DecoderSize.Vocabulary, 0], "lm-head"),
    ];

    private static OpCall Call(PartFormat format, Tensor x, ByLayout<Linear> weight, Tensor y) =>
        new(ops => ops.MatMul(x, weight[ops.LayoutOf(format)], y), y)
        {
            Copy = ops =>
            {
                Linear one = weight[ops.LayoutOf(format)], copy = one with { Parts = [.. one.Parts.Select(Copy)] };
                return Call(format, x, new ByLayout<Linear>(_ => copy), y);
            },
            Pieces = ops => Pieces(x, weight[ops.LayoutOf(format)]),
        };

    private static Part Copy(Part part) =>
        part with { Codes = part.Codes.Copy(), Scales = part.Scales?.Copy(), CodeSums = part.CodeSums?.Copy() };

    /// <summary>The first columns of each part and the last of all, for the first and the last row.</summary>
    private static ImmutableArray<OpPiece> Pieces(Tensor x, Linear weight)
    {
        var pieces = ImmutableArray.CreateBuilder<OpPiece>();
        long column = 0;
        foreach (Part part in weight.Parts.Where(p => p.Rows > 0))
        {
            int count = (int)Math.Min(PieceColumns, part.Rows);
            foreach (long first in new[] { 0, part.Rows - count }.Distinct())
            {
                foreach (long row in new[] { 0, x.Rows - 1 }.Distinct())
                    pieces.Add(Piece(x, weight, part, row, column, first, count));
            }

            column += part.Rows;
        }

        return pieces.ToImmutable();
    }

    private static OpPiece Piece(Tensor x, Linear weight, Part part, long row, long column, long first, int count)
    {
        int at = (int)(column + first);
        Tensor? bias = weight.Bias is { } all ? all with { Offset = all.Offset + at * sizeof(float), Cols = count } : null;
        Tensor one = x.RowRange(row, 1), y = Tensor.Allocate(DType.F32, 1, count);
        Linear piece = new([AsNumbers(part, first, count)], bias);
        return new OpPiece(new OpCall(ops => ops.MatMul(one, piece, y), y), row, at);
    }

    /// <summary>Rows of a part as F32 numbers, which meet activations as the part's own do.</summary>
    private static Part AsNumbers(Part part, long first, int count)
    {
        Tensor numbers = Tensor.Allocate(DType.F32, count, part.Cols), ones = Tensor.Allocate(DType.F32, part.Format.ScaleGroups, count);
        for (int row = 0; row < count; row++)
            part.CopyRow(first + row, numbers.Row<float>(row));
        ones.Span<float>().Fill(1);
        return new Part(part.Format with { DType = DType.F32 }, count, part.Cols, WeightLayout.Rows, numbers, ones);
    }
}
