using Puna.Kernels;
using Puna.Kernels.Cpu;
using Puna.Runtime.Models;
using Puna.TestKit;

namespace Puna.Runtime.Tests.Models;

/// <summary>A pass whose ops are fused gives the bits of one whose ops are not, whoever listens.</summary>
public class FusedStepTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 12)];

    [Theory, MemberData(nameof(Seeds))]
    public void Fusing_changes_no_bit_of_a_prefill_a_decode_and_a_mixed_batch(int seed)
    {
        (ModelConfig config, TransformerWeights weights, int[] ids) = Draw(seed);
        using CpuBackend ops = new(threads: 1 + seed % 3);
        if (seed % 2 == 0)
            weights = Laid(weights, ops);

        float[] expected = Run(config, weights, ids, ops, Fusing.Off), actual = Run(config, weights, ids, ops, Fusing.Allowed);

        KernelAssert.SameBits(expected, actual, $"{config}");
    }

    [Theory, MemberData(nameof(Seeds))]
    public void Listening_to_any_marks_shows_their_values_and_changes_no_bit(int seed)
    {
        (ModelConfig config, TransformerWeights weights, int[] ids) = Draw(seed);
        using CpuBackend ops = new(threads: 2);
        if (seed % 2 == 0)
            weights = Laid(weights, ops);
        HookPoint[] all = Enum.GetValues<HookPoint>(), some = [.. all.Where((_, i) => (seed * 7 + i) % 3 == 0)];

        float[] expected = Run(config, weights, ids, ops, Fusing.Allowed);
        var unfused = Listen(all, Fusing.Off);
        foreach (HookPoint[] points in (HookPoint[][])[all, some, [all[seed % all.Length]]])
        {
            var observed = Listen(points, Fusing.Allowed);

            KernelAssert.SameBits(expected, observed.Logits, $"{config}, observed at {string.Join(", ", points)}");
            Assert.NotEmpty(observed.Values);
            Assert.Equal(unfused.Values.Count(v => points.Contains(v.Point)), observed.Values.Count);
            foreach (var (seen, value) in unfused.Values.Where(v => points.Contains(v.Point)).Zip(observed.Values))
                KernelAssert.SameBits(seen.Value, value.Value, $"{config}: {value.Point} {value.Layer}");
        }

        (float[] Logits, List<(HookPoint Point, int Layer, float[] Value)> Values) Listen(HookPoint[] points, Fusing fusing)
        {
            List<(HookPoint Point, int Layer, float[] Value)> values = [];
            using ListeningBackend listening = new(ops)
            {
                Points = points,
                OnMark = (point, layer, value) => values.Add((point, layer, KernelAssert.Values(value))),
            };
            return (Run(config, weights, ids, listening, fusing), values);
        }
    }

    /// <summary>The logits of a prompt, of single tokens after it, and of a batch that has both and another sequence.</summary>
    private static float[] Run(ModelConfig config, TransformerWeights weights, int[] ids, IBackend ops, Fusing fusing)
    {
        using ForwardRun run = new(config, weights, ops, ids.Length, sequences: 3, fusing: fusing);
        int half = ids.Length / 2;
        return
        [
            .. run.Forward((0, 0, ids[..half])).SelectMany(v => v),
            .. run.Forward((0, half, ids[half..(half + 1)])).SelectMany(v => v),
            .. run.Forward((1, 0, ids[..3]), (0, half + 1, ids[(half + 1)..]), (2, 0, [.. ids.Reverse()])).SelectMany(v => v),
        ];
    }

    private static (ModelConfig Config, TransformerWeights Weights, int[] Ids) Draw(int seed)
    {
        Random random = new(seed);
        ModelConfig config = RandomModel.Config with
        {
            HiddenSize = random.Next(2, 150),
            IntermediateSize = random.Next(1, 200),
            LayerCount = random.Next(1, 4),
            VocabSize = random.Next(2, 100),
            Heads = new HeadLayout(2 * random.Next(1, 4), 2, 2 * random.Next(1, 20)),
            Biases = (Biases)random.Next(8),
            IsTied = random.Next(2) == 0,
            SlidingWindow = random.Next(3) == 0 ? 5 : null,
        };
        DType type = ((DType[])[DType.F32, DType.BF16, DType.F16])[random.Next(3)];
        int[] ids = new int[2 * random.Next(3, 70)];
        foreach (ref int id in ids.AsSpan())
            id = random.Next(config.VocabSize);
        return (config, RandomModel.Weights(config, type, seed), ids);
    }

    /// <summary>The same weights as the backend's kernels want them; BF16 with BF16 activations.</summary>
    private static TransformerWeights Laid(TransformerWeights weights, CpuBackend ops)
    {
        return weights with
        {
            Layers =
            [
                .. weights.Layers.Select(w => new LayerWeights(
                    w.AttentionNorm, Lay(w.QueryKeyValue), Lay(w.Output), w.MlpNorm, Lay(w.GateUp), Lay(w.Down))),
            ],
            LmHead = Lay(weights.LmHead),
        };

        Linear Lay(Linear weight) => weight with { Parts = [.. weight.Parts.Select(LayPart)] };

        Part LayPart(Part stored)
        {
            DType type = stored.Format.DType;
            PartFormat format = new(type, type == DType.BF16 ? ActivationType.BF16 : ActivationType.F32);
            Part part = Part.Allocate(format, ops.LayoutOf(format), stored.Rows, stored.Cols);
            part.Fill(0, stored.Codes);
            return part;
        }
    }
}
