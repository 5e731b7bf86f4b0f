using Puna.Kernels;
using Puna.Runtime.Models;

namespace Puna.TestKit;

/// <summary>
/// A decoder written from the papers, apart from the product's: one sequence, no cache, no batch, all in double
/// precision, loops only. Slow; for small models.
/// </summary>
public static class TextbookDecoder
{
    /// <summary>The logits after every token.</summary>
    public static double[][] Logits(ModelConfig config, TransformerWeights weights, ReadOnlySpan<int> ids)
    {
        double[][] stream = new double[ids.Length][];
        for (int t = 0; t < ids.Length; t++)
            stream[t] = RowOf(weights.Embedding.Codes, ids[t]);

        foreach (LayerWeights w in weights.Layers)
        {
            double[][] normed = [.. stream.Select(x => Norm(x, w.AttentionNorm, config.NormEpsilon))];
            double[][] heads = Attend(config, weights, [.. normed.Select(x => Multiply(w.QueryKeyValue, x))]);
            for (int t = 0; t < ids.Length; t++)
            {
                AddTo(stream[t], Multiply(w.Output, heads[t]));
                double[] gateUp = Multiply(w.GateUp, Norm(stream[t], w.MlpNorm, config.NormEpsilon));
                double[] gated = new double[config.IntermediateSize];
                for (int i = 0; i < gated.Length; i++)
                    gated[i] = gateUp[i] / (1 + Math.Exp(-gateUp[i])) * gateUp[gated.Length + i];
                AddTo(stream[t], Multiply(w.Down, gated));
            }
        }

        return [.. stream.Select(x => Multiply(weights.LmHead, Norm(x, weights.FinalNorm, config.NormEpsilon)))];
    }

    private static double[][] Attend(ModelConfig config, TransformerWeights weights, double[][] rows)
    {
        (int headCount, int kvHeads, int dim) = (config.Heads.HeadCount, config.Heads.KvHeadCount, config.Heads.HeadDim);
        double[][] mixed = new double[rows.Length][];
        for (int t = 0; t < rows.Length; t++)
        {
            for (int head = 0; head < headCount + kvHeads; head++)
                Rotate(rows[t].AsSpan(head * dim, dim), t, weights.RopeFrequencies);
            mixed[t] = new double[headCount * dim];
        }

        for (int t = 0; t < rows.Length; t++)
        {
            for (int head = 0; head < headCount; head++)
            {
                int key = (headCount + head * kvHeads / headCount) * dim, value = key + kvHeads * dim;
                int first = config.SlidingWindow is { } window ? Math.Max(0, t - window + 1) : 0;
                double[] exponentials = new double[t + 1];
                for (int s = first; s <= t; s++)
                {
                    double score = 0;
                    for (int d = 0; d < dim; d++)
                        score += rows[t][head * dim + d] * rows[s][key + d];
                    exponentials[s] = Math.Exp(score / Math.Sqrt(dim));
                }

                for (int s = first; s <= t; s++)
                {
                    for (int d = 0; d < dim; d++)
                        mixed[t][head * dim + d] += exponentials[s] / exponentials.Sum() * rows[s][value + d];
                }
            }
        }

        return mixed;
    }

    private static void Rotate(Span<double> head, int position, Tensor frequencies)
    {
        int half = head.Length / 2;
        for (int j = 0; j < half; j++)
        {
            float angle = position * frequencies.Get(0, j);
            (double a, double b) = (head[j], head[half + j]);
            head[j] = a * Math.Cos(angle) - b * Math.Sin(angle);
            head[half + j] = b * Math.Cos(angle) + a * Math.Sin(angle);
        }
    }

    private static double[] Norm(double[] x, Tensor weight, double epsilon)
    {
        double scale = 1 / Math.Sqrt(x.Sum(v => v * v) / x.Length + epsilon);
        return [.. x.Select((v, i) => v * scale * weight.Get(0, i))];
    }

    private static double[] Multiply(Linear weight, double[] x)
    {
        List<double> y = [];
        foreach (Part part in weight.Parts)
        {
            for (int n = 0; n < part.Rows; n++)
                y.Add(RowOf(part.Codes, n).Zip(x, (w, v) => w * v).Sum() + (weight.Bias?.Get(0, y.Count) ?? 0));
        }

        return [.. y];
    }

    private static void AddTo(double[] stream, double[] delta)
    {
        for (int i = 0; i < stream.Length; i++)
            stream[i] += delta[i];
    }

    private static double[] RowOf(Tensor tensor, int row)
    {
        double[] values = new double[tensor.Cols];
        for (int c = 0; c < values.Length; c++)
            values[c] = tensor.Get(row, c);
        return values;
    }
}
