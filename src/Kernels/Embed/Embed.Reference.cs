namespace Puna.Kernels;

/// <summary>The rows of a table that ids name, as F32.</summary>
public static partial class Embed
{
    /// <summary>The definition: y[i] = table[ids[i]].</summary>
    /// <inheritdoc cref="IBackend.Embed"/>
    /// <exception cref="ArgumentException">Shapes disagree, or an id is outside the table.</exception>
    public static void Reference(Part table, Tensor ids, Tensor y)
    {
        Check(table, ids, y);
        for (int i = 0; i < y.Rows; i++)
            table.CopyRow(ids.Row<int>(0)[i], y.Row<float>(i));
    }

    private static void Check(Part table, Tensor ids, Tensor y)
    {
        if (ids.DType != DType.I32 || y.DType != DType.F32 || ids.Cols != y.Rows || table.Cols != y.Cols)
            throw new ArgumentException($"Embed: table is {table}, ids {ids}, output {y}.");
        foreach (int id in ids.Row<int>(0))
        {
            if (id < 0 || id >= table.Rows)
                throw new ArgumentException($"Embed: id {id} of a table with {table.Rows} rows.");
        }
    }
}
