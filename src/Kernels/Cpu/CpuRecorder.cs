using System.Collections.Immutable;

namespace Puna.Kernels.Cpu;

/// <summary>
/// Holds ops back until <see cref="Flush"/>, and then executes them with neighbours fused. Shapes are checked when an op
/// executes. Holding back allocates nothing once the list has its size.
/// </summary>
/// <param name="backend">Executes; outlives this.</param>
/// <param name="rules">What to fuse; the first rule that fits is taken.</param>
internal sealed class CpuRecorder(CpuBackend backend, ImmutableArray<FusionRule> rules) : IBackend
{
    private CpuOp[] _ops = new CpuOp[64];
    private int _count;

    public WeightLayout LayoutOf(PartFormat format) => backend.LayoutOf(format);

    public ActivationType FastestActivations(DType weights) => backend.FastestActivations(weights);

    public void Embed(Part table, Tensor ids, Tensor y)
    {
        ref CpuOp op = ref Append(CpuOpKind.Embed);
        (op.Table, op.Operand, op.Y) = (table, ids, y);
    }

    public void GatherRows(Tensor table, Tensor rows, Tensor y)
    {
        ref CpuOp op = ref Append(CpuOpKind.GatherRows);
        (op.X, op.Operand, op.Y) = (table, rows, y);
    }

    public void RmsNorm(Tensor x, Tensor weight, float epsilon, Tensor y)
    {
        ref CpuOp op = ref Append(CpuOpKind.RmsNorm);
        (op.X, op.Operand, op.Epsilon, op.Y) = (x, weight, epsilon, y);
    }

    public void MatMul(Tensor x, Linear weight, Tensor y)
    {
        ref CpuOp op = ref Append(CpuOpKind.MatMul);
        (op.X, op.Weight, op.Y) = (x, weight, y);
    }

    public void Rope(Tensor queryKeyValue, HeadLayout heads, Tensor frequencies, Tensor positions)
    {
        ref CpuOp op = ref Append(CpuOpKind.Rope);
        (op.Y, op.Heads, op.Operand, op.Positions) = (queryKeyValue, heads, frequencies, positions);
    }

    public void StoreKv(Tensor queryKeyValue, HeadLayout heads, Tensor slots, KvLayer cache)
    {
        ref CpuOp op = ref Append(CpuOpKind.StoreKv);
        (op.X, op.Heads, op.Operand, op.Cache) = (queryKeyValue, heads, slots, cache);
    }

    public void Attend(Tensor queryKeyValue, HeadLayout heads, KvLayer cache, SequenceTable sequences, Tensor mixed)
    {
        ref CpuOp op = ref Append(CpuOpKind.Attend);
        (op.X, op.Heads, op.Cache, op.Sequences, op.Y) = (queryKeyValue, heads, cache, sequences, mixed);
    }

    public void SiluMul(Tensor gateUp, Tensor y)
    {
        ref CpuOp op = ref Append(CpuOpKind.SiluMul);
        (op.X, op.Y) = (gateUp, y);
    }

    public void Add(Tensor x, Tensor y)
    {
        ref CpuOp op = ref Append(CpuOpKind.Add);
        (op.X, op.Y) = (x, y);
    }

    public int Sample(ReadOnlySpan<float> logits, in SamplingParameters parameters, ReadOnlySpan<PreviousToken> history,
        ReadOnlySpan<TokenBias> bias, SampleKey key, SampleScratch scratch)
    {
        Flush();
        return backend.Sample(logits, parameters, history, bias, key, scratch);
    }

    /// <summary>Nothing: who listens flushes, and that is where fusion stops.</summary>
    public void Mark(HookPoint point, int layer, Tensor value)
    {
    }

    public IBackend CreateRecorder() => backend.CreateRecorder();

    public void Flush()
    {
        try
        {
            ReadOnlySpan<CpuOp> left = _ops.AsSpan(0, _count);
            while (!left.IsEmpty)
                left = left[ExecuteFirst(left)..];
        }
        finally
        {
            _count = 0;   // what a failure left undone belongs to nobody
        }
    }

    public void Dispose()
    {
    }

    /// <summary>Executes the first op, with as many of the next ones as a rule fuses with it; returns their number.</summary>
    private int ExecuteFirst(ReadOnlySpan<CpuOp> left)
    {
        foreach (FusionRule rule in rules)
        {
            if (rule.Fits(left))
            {
                rule.Run(backend, left[..rule.Pattern.Length]);
                return rule.Pattern.Length;
            }
        }

        left[0].Execute(backend);
        return 1;
    }

    private ref CpuOp Append(CpuOpKind kind)
    {
        if (_count == _ops.Length)
            Array.Resize(ref _ops, 2 * _count);
        ref CpuOp op = ref _ops[_count++];
        op = new CpuOp(kind);
        return ref op;
    }
}
