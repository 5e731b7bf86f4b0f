using Puna.Kernels;
using Puna.Kernels.Cpu;

namespace Puna.Runtime.Models;

/// <summary>Which rows of an addition to a batch have their logits computed.</summary>
public enum WantedLogits
{
    /// <summary>None: more of the prompt follows in a later batch.</summary>
    None,

    /// <summary>The last row's, to sample what follows.</summary>
    Last,

    /// <summary>Every row's.</summary>
    All,
}

/// <summary>
/// Flat rows of tokens of many sequences, each with its position and cache slot. Prompts, parts of prompts and single
/// generated tokens mix freely. Filled anew for every step without allocating.
/// </summary>
public sealed class Batch : IDisposable
{
    private readonly HostBuffer _memory;
    private readonly Tensor _tokenIds, _positions, _slots, _logitRows, _rowStarts, _blocks;
    private readonly int _blockTokens;

    /// <summary>Allocates for batches of at most the given size.</summary>
    /// <param name="maxRows">Most rows.</param>
    /// <param name="maxSequences">Most sequences.</param>
    /// <param name="maxBlocks">Most cache blocks of one sequence.</param>
    /// <param name="blockTokens">Slots of a cache block.</param>
    public Batch(int maxRows, int maxSequences, int maxBlocks, int blockTokens)
    {
        _blockTokens = blockTokens;
        long count = 4L * maxRows + maxSequences + 1 + (long)maxSequences * maxBlocks;
        _memory = HostBuffer.Allocate(count * sizeof(int));
        long offset = 0;
        _tokenIds = Take(1, maxRows, ref offset);
        _positions = Take(1, maxRows, ref offset);
        _slots = Take(1, maxRows, ref offset);
        _logitRows = Take(1, maxRows, ref offset);
        _rowStarts = Take(1, maxSequences + 1, ref offset);
        _blocks = Take(maxSequences, maxBlocks, ref offset);
    }

    /// <summary>Rows added since <see cref="Clear"/>.</summary>
    public int RowCount { get; private set; }

    /// <summary>Rows whose logits are wanted.</summary>
    public int LogitRowCount { get; private set; }

    /// <summary>Sequences added since <see cref="Clear"/>.</summary>
    public int SequenceCount { get; private set; }

    /// <summary>Most rows that fit.</summary>
    public int MaxRows => (int)_tokenIds.Cols;

    /// <summary>Most sequences that fit.</summary>
    public int MaxSequences => (int)_blocks.Rows;

    /// <summary>I32 <c>[1, rows]</c>.</summary>
    public Tensor TokenIds => _tokenIds with { Cols = RowCount };

    /// <summary>I32 <c>[1, rows]</c>: absolute position of each row in its sequence.</summary>
    public Tensor Positions => _positions with { Cols = RowCount };

    /// <summary>I32 <c>[1, rows]</c>: cache slot of each row.</summary>
    public Tensor Slots => _slots with { Cols = RowCount };

    /// <summary>I32 <c>[1, logit rows]</c>: numbers of the rows whose logits are wanted, in order.</summary>
    public Tensor LogitRows => _logitRows with { Cols = LogitRowCount };

    /// <summary>Which rows and which cache blocks belong together.</summary>
    public SequenceTable Sequences =>
        new(_rowStarts with { Cols = SequenceCount + 1 }, _blocks with { Rows = SequenceCount }, Positions);

    /// <summary>Removes all rows.</summary>
    public void Clear() => (RowCount, LogitRowCount, SequenceCount) = (0, 0, 0);

    /// <summary>Adds rows of a sequence that is not in the batch yet.</summary>
    /// <param name="ids">Tokens, in order.</param>
    /// <param name="firstPosition">Position of the first one; all before it are in the cache.</param>
    /// <param name="blocks">The sequence's cache blocks, enough for its last new position.</param>
    /// <param name="wanted">Which rows' logits are computed.</param>
    /// <exception cref="ArgumentException">The rows do not fit, or the blocks do not hold them.</exception>
    public void Add(ReadOnlySpan<int> ids, int firstPosition, ReadOnlySpan<int> blocks, WantedLogits wanted)
    {
        if (RowCount + ids.Length > MaxRows || SequenceCount == MaxSequences || blocks.Length > _blocks.Cols
            || blocks.Length * _blockTokens < firstPosition + ids.Length)
        {
            throw new ArgumentException($"Batch: {ids.Length} rows from position {firstPosition} with {blocks.Length} blocks; "
                + $"{RowCount} of {MaxRows} rows and {SequenceCount} of {MaxSequences} sequences are taken, "
                + $"a block has {_blockTokens} slots and a sequence at most {_blocks.Cols} blocks.");
        }

        blocks.CopyTo(_blocks.Row<int>(SequenceCount));
        ids.CopyTo(_tokenIds.Row<int>(0)[RowCount..]);
        _rowStarts.Row<int>(0)[SequenceCount] = RowCount;
        for (int i = 0; i < ids.Length; i++, RowCount++)
        {
            int position = firstPosition + i;
            _positions.Row<int>(0)[RowCount] = position;
            _slots.Row<int>(0)[RowCount] = blocks[position / _blockTokens] * _blockTokens + position % _blockTokens;
            if (wanted == WantedLogits.All || (wanted == WantedLogits.Last && i == ids.Length - 1))
                _logitRows.Row<int>(0)[LogitRowCount++] = RowCount;
        }

        _rowStarts.Row<int>(0)[++SequenceCount] = RowCount;
    }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    private Tensor Take(long rows, long cols, ref long offset)
    {
        Tensor tensor = new(_memory, offset, DType.I32, rows, cols);
        offset += tensor.Bytes;
        return tensor;
    }
}
