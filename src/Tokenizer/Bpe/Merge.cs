namespace Puna.Tokenizer.Bpe;

/// <summary>Two neighbouring tokens that become one.</summary>
/// <param name="Left">Id of the first.</param>
/// <param name="Right">Id of the second.</param>
/// <param name="Result">Id of the token that holds the bytes of both.</param>
/// <param name="Rank">The lowest merges first, the leftmost of equal ones; those have the same result.</param>
internal readonly record struct Merge(int Left, int Right, int Result, int Rank);
