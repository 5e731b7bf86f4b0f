namespace Puna.Tokenizer.Bpe;

/// <summary>What encoding needs to know, fixed when the tokenizer is loaded.</summary>
/// <param name="Vocabulary">Every token's bytes.</param>
/// <param name="Merges">The pairs that merge.</param>
/// <param name="Splitter">Cuts text into pre-tokens.</param>
/// <param name="IgnoreMerges">Whether a pre-token that is a token is taken whole, without merges.</param>
internal sealed record BpeModel(Vocabulary Vocabulary, MergeTable Merges, Splitter Splitter, bool IgnoreMerges)
{
    /// <summary>The token that a whole pre-token is before any merge, or -1.</summary>
    /// <param name="piece">A pre-token.</param>
    public int Whole(ReadOnlySpan<byte> piece) => IgnoreMerges ? Vocabulary.Find(piece) : -1;
}
