namespace Puna.Tokenizer.Bpe;

/// <summary>Two neighbouring tokens that become one.</summary>
/// <param name="Left">Id of the first.</param>
/// <param name="Right">Id of the second.</param>
/// <param name="Result">Id of the token that holds the bytes of both.</param>
/// <param name="Rank">The lowest merges first; merges of equal rank have the same result, and the leftmost goes first.</param>
internal readonly record struct Merge(int Left, int Right, int Result, int Rank);
