using Puna.Tokenizer.Bpe;

namespace Puna.Tokenizer.Loading;

/// <summary>What a tokenizer file says, whatever its format.</summary>
/// <param name="Vocabulary">The bytes of every id; special tokens by name.</param>
/// <param name="Merges">The pairs that merge, with their ranks.</param>
/// <param name="DigitGroup">How many digits the split pattern keeps together.</param>
/// <param name="IgnoreMerges">Whether a pre-token that is a token is taken whole.</param>
/// <param name="SpecialTokens">Name to id.</param>
/// <param name="BosId">The token that begins a text.</param>
internal sealed record TokenizerDefinition(
    Vocabulary Vocabulary,
    IReadOnlyList<Merge> Merges,
    int DigitGroup,
    bool IgnoreMerges,
    IReadOnlyDictionary<string, int> SpecialTokens,
    int? BosId)
{
    /// <summary>The token that begins a text in the Llama 3 family.</summary>
    public const string BeginOfText = "<|begin_of_text|>";

    /// <summary>Builds the tables for encoding.</summary>
    public BpeModel ToModel() => new(Vocabulary, new(Merges, Vocabulary), new(DigitGroup), IgnoreMerges);
}
