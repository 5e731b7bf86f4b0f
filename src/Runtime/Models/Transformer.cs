using Puna.Kernels;

namespace Puna.Runtime.Models;

/// <summary>A Llama-family decoder: embed; then, per layer, attention and a gated MLP; then logits.</summary>
/// <param name="config">The shape.</param>
/// <param name="weights">The weights, of that shape.</param>
/// <param name="ops">What executes each operation.</param>
public sealed class Transformer(ModelConfig config, TransformerWeights weights, IBackend ops)
{
    /// <summary>Runs <paramref name="batch"/> through every layer; prefill, decode and mixed batches alike.</summary>
    /// <param name="batch">Rows of tokens with their positions and slots.</param>
    /// <param name="cache">Keys and values, one entry per layer; the batch's are added.</param>
    /// <param name="s">Intermediate values, sized for the batch.</param>
    /// <param name="logits">F32 <c>[logit rows, vocabulary]</c>: what follows each wanted row.</param>
    public void Forward(Batch batch, ReadOnlySpan<KvLayer> cache, Scratch s, Tensor logits)
    {
        ops.Embed(weights.Embedding, batch.TokenIds, s.Residual);

        for (int layer = 0; layer < config.LayerCount; layer++)
        {
            LayerWeights w = weights.Layers[layer];
            ops.Mark(HookPoint.ResidPre, layer, s.Residual);

            ops.RmsNorm(s.Residual, w.AttentionNorm, config.NormEpsilon, s.Normed);
            Attention(layer, w, batch, cache[layer], s);
            ops.Add(s.Delta, s.Residual);
            ops.Mark(HookPoint.ResidMid, layer, s.Residual);

            ops.RmsNorm(s.Residual, w.MlpNorm, config.NormEpsilon, s.Normed);
            Mlp(layer, w, s);
            ops.Add(s.Delta, s.Residual);
            ops.Mark(HookPoint.ResidPost, layer, s.Residual);
        }

        ops.GatherRows(s.Residual, batch.LogitRows, s.Last);   // only the rows we sample from reach the LM head
        ops.RmsNorm(s.Last, weights.FinalNorm, config.NormEpsilon, s.Last);
        ops.Mark(HookPoint.FinalNormed, config.LayerCount, s.Last);
        ops.MatMul(s.Last, weights.LmHead, logits);
    }

    private void Attention(int layer, LayerWeights w, Batch batch, KvLayer cache, Scratch s)
    {
        ops.MatMul(s.Normed, w.QueryKeyValue, s.QueryKeyValue);
        ops.Rope(s.QueryKeyValue, config.Heads, weights.RopeFrequencies, batch.Positions);
        ops.StoreKv(s.QueryKeyValue, config.Heads, batch.Slots, cache);
        ops.Attend(s.QueryKeyValue, config.Heads, cache, batch.Sequences, s.Mixed);
        ops.Mark(HookPoint.Z, layer, s.Mixed);
        ops.MatMul(s.Mixed, w.Output, s.Delta);
        ops.Mark(HookPoint.AttnOut, layer, s.Delta);
    }

    private void Mlp(int layer, LayerWeights w, Scratch s)
    {
        ops.MatMul(s.Normed, w.GateUp, s.GateUp);
        ops.SiluMul(s.GateUp, s.Gated);
        ops.Mark(HookPoint.MlpPost, layer, s.Gated);
        ops.MatMul(s.Gated, w.Down, s.Delta);
        ops.Mark(HookPoint.MlpOut, layer, s.Delta);
    }
}
