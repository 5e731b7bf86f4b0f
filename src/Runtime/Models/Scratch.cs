using Puna.Kernels;
using Puna.Kernels.Cpu;

namespace Puna.Runtime.Models;

/// <summary>
/// The intermediate values of one forward pass, allocated once for the largest batch; <see cref="Resize"/> sets the
/// number of rows that the views show.
/// </summary>
public sealed class Scratch : IDisposable
{
    private readonly HostBuffer _memory;
    private readonly Tensor _residual, _normed, _queryKeyValue, _mixed, _delta, _gateUp, _gated, _last;

    /// <summary>Allocates for batches of up to <paramref name="maxRows"/> rows with up to <paramref name="maxLogitRows"/> wanted.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="maxRows">Most rows of a batch.</param>
    /// <param name="maxLogitRows">Most rows whose logits are wanted.</param>
    public Scratch(ModelConfig config, int maxRows, int maxLogitRows)
    {
        _memory = HostBuffer.Allocate(RequiredBytes(config, maxRows, maxLogitRows));
        long offset = 0;
        _residual = Take(maxRows, config.HiddenSize, ref offset);
        _normed = Take(maxRows, config.HiddenSize, ref offset);
        _queryKeyValue = Take(maxRows, config.Heads.QuerySize + 2 * config.Heads.KvSize, ref offset);
        _mixed = Take(maxRows, config.Heads.QuerySize, ref offset);
        _delta = Take(maxRows, config.HiddenSize, ref offset);
        _gateUp = Take(maxRows, 2 * config.IntermediateSize, ref offset);
        _gated = Take(maxRows, config.IntermediateSize, ref offset);
        _last = Take(maxLogitRows, config.HiddenSize, ref offset);
        Resize(maxRows, maxLogitRows);
    }

    /// <summary>The residual stream, <c>[rows, hidden]</c>.</summary>
    public Tensor Residual { get; private set; }

    /// <summary>The stream after a norm, <c>[rows, hidden]</c>.</summary>
    public Tensor Normed { get; private set; }

    /// <summary>Queries, keys and values, <c>[rows, (heads + 2 kv_heads) × head_dim]</c>.</summary>
    public Tensor QueryKeyValue { get; private set; }

    /// <summary>What the heads mixed, <c>[rows, heads × head_dim]</c>.</summary>
    public Tensor Mixed { get; private set; }

    /// <summary>What attention or the MLP adds to the stream, <c>[rows, hidden]</c>.</summary>
    public Tensor Delta { get; private set; }

    /// <summary>Gate, then up, <c>[rows, 2 × intermediate]</c>.</summary>
    public Tensor GateUp { get; private set; }

    /// <summary>silu(gate) · up, <c>[rows, intermediate]</c>.</summary>
    public Tensor Gated { get; private set; }

    /// <summary>The rows whose logits are wanted, <c>[logit rows, hidden]</c>.</summary>
    public Tensor Last { get; private set; }

    /// <summary>Bytes that the buffers of such a scratch take.</summary>
    public static long RequiredBytes(ModelConfig config, int maxRows, int maxLogitRows)
    {
        long perRow = 3L * config.HiddenSize + 2L * config.Heads.QuerySize + 2L * config.Heads.KvSize
            + 3L * config.IntermediateSize;
        return sizeof(float) * (perRow * maxRows + (long)config.HiddenSize * maxLogitRows);
    }

    /// <summary>Sets the rows that the views show.</summary>
    /// <exception cref="ArgumentOutOfRangeException">More rows than were allocated.</exception>
    public void Resize(int rows, int logitRows)
    {
        Residual = _residual.RowRange(0, rows);
        Normed = _normed.RowRange(0, rows);
        QueryKeyValue = _queryKeyValue.RowRange(0, rows);
        Mixed = _mixed.RowRange(0, rows);
        Delta = _delta.RowRange(0, rows);
        GateUp = _gateUp.RowRange(0, rows);
        Gated = _gated.RowRange(0, rows);
        Last = _last.RowRange(0, logitRows);
    }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    private Tensor Take(long rows, long cols, ref long offset)
    {
        Tensor tensor = new(_memory, offset, DType.F32, rows, cols);
        offset += tensor.Bytes;
        return tensor;
    }
}
