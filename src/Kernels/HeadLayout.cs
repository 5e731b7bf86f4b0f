namespace Puna.Kernels;

/// <summary>How attention heads lie in a row: queries, then keys, then values, head by head.</summary>
/// <param name="HeadCount">Query heads (<c>num_attention_heads</c>); a multiple of <paramref name="KvHeadCount"/>.</param>
/// <param name="KvHeadCount">Key and value heads (<c>num_key_value_heads</c>).</param>
/// <param name="HeadDim">Elements per head (<c>head_dim</c>); even.</param>
public readonly record struct HeadLayout(int HeadCount, int KvHeadCount, int HeadDim)
{
    /// <summary>Elements of all query heads of a row.</summary>
    public int QuerySize => HeadCount * HeadDim;

    /// <summary>Elements of all key heads of a row, and of all value heads.</summary>
    public int KvSize => KvHeadCount * HeadDim;

    /// <summary>Query heads that share one key/value head.</summary>
    public int GroupSize => HeadCount / KvHeadCount;
}
