namespace Puna.Gguf;

/// <summary>
/// The order of a head's rows in query and key projections. Checkpoints rotate element j with element j + head_dim / 2;
/// llama.cpp rotates neighbours, so its files hold the rows 0, d/2, 1, d/2 + 1, ... of each head.
/// </summary>
internal static class RotaryRows
{
    /// <summary>The row of the checkpoint that becomes row <paramref name="row"/> of the file.</summary>
    /// <param name="row">A row, over all heads.</param>
    /// <param name="headDim">Rows of a head; even.</param>
    public static int Source(int row, int headDim)
    {
        int inHead = row % headDim;
        return row - inHead + inHead / 2 + inHead % 2 * (headDim / 2);
    }
}
