using Puna.Kernels.Cpu;

namespace Puna.Kernels;

public static partial class Embed
{
    /// <summary>Row by row, sixteen elements at a time where they lie together; exact.</summary>
    /// <inheritdoc cref="IBackend.Embed"/>
    /// <exception cref="ArgumentException">Shapes disagree, or an id is outside the table.</exception>
    public static void Cpu(Part table, Tensor ids, Tensor y)
    {
        Check(table, ids, y);
        ReadOnlySpan<int> numbers = ids.Row<int>(0);
        for (int i = 0; i < numbers.Length; i++)
        {
            Span<float> output = y.Row<float>(i);
            switch (table.Layout, table.Format.DType)
            {
                case (WeightLayout.Rows, DType.BF16):
                    Lanes.WidenRow<BF16Element, ushort>(table.Codes.Row<ushort>(numbers[i]), output);
                    break;
                case (WeightLayout.Rows, DType.F16):
                    Lanes.WidenRow<F16Element, ushort>(table.Codes.Row<ushort>(numbers[i]), output);
                    break;
                default:
                    table.CopyRow(numbers[i], output);
                    break;
            }
        }
    }
}
