namespace Puna.Kernels;

/// <summary>
/// Keys and values of one layer in <em>slots</em>, one per token; a <em>block</em> is a run of slots, and a
/// sequence's blocks need not be neighbours.
/// </summary>
/// <param name="Keys">Keys after RoPE, <c>[slots, kv_heads × head_dim]</c>, F32 or BF16.</param>
/// <param name="Values">Values, of the same shape and dtype.</param>
/// <param name="BlockTokens">Slots per block.</param>
/// <param name="Window">A token sees itself and the <c>Window − 1</c> tokens before it; all of them when null.</param>
public sealed record KvLayer(Tensor Keys, Tensor Values, int BlockTokens, int? Window = null);

/// <summary>Which rows of a batch belong to one sequence, and which blocks hold its keys and values.</summary>
/// <param name="RowStarts">I32 <c>[1, sequences + 1]</c>: sequence i has rows RowStarts[i] to RowStarts[i + 1].</param>
/// <param name="Blocks">I32 <c>[sequences, most blocks]</c>: block numbers in the order of positions.</param>
/// <param name="Positions">I32 <c>[1, rows]</c>: absolute position of each row in its sequence.</param>
public readonly record struct SequenceTable(Tensor RowStarts, Tensor Blocks, Tensor Positions);
