using Puna.Kernels.Cpu;

namespace Puna.Kernels;

public static partial class GatherRows
{
    /// <summary>Row by row, sixteen elements at a time; exact.</summary>
    /// <inheritdoc cref="IBackend.GatherRows"/>
    /// <exception cref="ArgumentException">Shapes disagree, or a row number is outside the table.</exception>
    public static void Cpu(Tensor table, Tensor rows, Tensor y)
    {
        Check(table, rows, y);
        ReadOnlySpan<int> numbers = rows.Row<int>(0);
        for (int i = 0; i < numbers.Length; i++)
        {
            Span<float> output = y.Row<float>(i);
            switch (table.DType)
            {
                case DType.BF16: Lanes.WidenRow<BF16Element, ushort>(table.Row<ushort>(numbers[i]), output); break;
                case DType.F16: Lanes.WidenRow<F16Element, ushort>(table.Row<ushort>(numbers[i]), output); break;
                default: table.Row<float>(numbers[i]).CopyTo(output); break;
            }
        }
    }
}
