namespace Puna.Kernels;

public static partial class GatherRows
{
    /// <summary>Row by row; exact.</summary>
    /// <inheritdoc cref="IBackend.GatherRows"/>
    /// <exception cref="ArgumentException">Shapes disagree, or a row number is outside the table.</exception>
    public static void Cpu(Tensor table, Tensor rows, Tensor y)
    {
        Check(table, rows, y);
        ReadOnlySpan<int> numbers = rows.Row<int>(0);
        for (int i = 0; i < numbers.Length; i++)
            table.Row<float>(numbers[i]).CopyTo(y.Row<float>(i));
    }
}
