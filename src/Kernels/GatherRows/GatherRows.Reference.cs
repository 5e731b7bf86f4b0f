namespace Puna.Kernels;

/// <summary>Copies chosen rows: those whose logits are wanted.</summary>
public static partial class GatherRows
{
    /// <summary>The definition: y[i] = table[rows[i]].</summary>
    /// <inheritdoc cref="IBackend.GatherRows"/>
    /// <exception cref="ArgumentException">Shapes disagree, or a row number is outside the table.</exception>
    public static void Reference(Tensor table, Tensor rows, Tensor y)
    {
        Check(table, rows, y);
        for (int i = 0; i < y.Rows; i++)
            table.Row<float>(rows.Row<int>(0)[i]).CopyTo(y.Row<float>(i));
    }

    private static void Check(Tensor table, Tensor rows, Tensor y)
    {
        if (table.DType != DType.F32 || rows.DType != DType.I32 || y.DType != DType.F32 || rows.Cols != y.Rows || table.Cols != y.Cols)
            throw new ArgumentException($"GatherRows: table is {table}, rows {rows}, output {y}.");
        foreach (int row in rows.Row<int>(0))
        {
            if (row < 0 || row >= table.Rows)
                throw new ArgumentException($"GatherRows: row {row} of a table with {table.Rows} rows.");
        }
    }
}
