using System.Collections.Immutable;

namespace Puna.Kernels;

public static partial class Sample
{
    private const int SpecDraws = 20;

    /// <summary>
    /// A shape is <c>[vocabulary, top-k, tokens before]</c>. A call draws twenty tokens at a temperature, with top-p,
    /// min-p and penalties where there is a history; what is checked is their ids.
    /// </summary>
    public static OpSpec Spec { get; } = new("sample",
        Shapes: [[2, 0, 0], [7, 3, 0], [15, 0, 4], [16, 5, 0], [17, 0, 8], [61, 20, 0], [300, 0, 50], [2304, 40, 200], [128_256, 50, 500]],
        DTypes: [DType.F32],
        Tolerance: _ => 0,                                                      // the same token, everywhere
        Bytes: (s, _) => SpecDraws * 4L * s[0],
        Flops: s => SpecDraws * 20L * s[0],                                     // seven fused multiply-adds and a few more per token
        Prepare: Prepare)
    {
        BenchShapes = [new("128k/top-k-50", [DecoderSize.Vocabulary, 50, 500])],
    };

    private static OpCall Prepare(ImmutableArray<int> s, DType type, SeededValues values)
    {
        Tensor logits = values.Normal(type, 1, s[0], scale: 3), before = values.Permutation(s[0]);
        PreviousToken[] history = new PreviousToken[s[2]];
        for (int i = 0; i < history.Length; i++)
            history[i] = new PreviousToken(before.Row<int>(0)[i], SampledCount: i % 3);
        SamplingParameters parameters = new()
        {
            Temperature = 1.3,
            TopK = s[1],
            TopP = 0.98,
            MinP = 0.001,
            RepetitionPenalty = s[2] > 0 ? 1.2 : 1,
            FrequencyPenalty = s[2] > 0 ? 0.5 : 0,
        };
        SampleScratch scratch = new(s[0]);
        Tensor ids = Tensor.Allocate(DType.F32, 1, SpecDraws);
        return new OpCall(ops =>
        {
            for (int draw = 0; draw < SpecDraws; draw++)
                ids.Row<float>(0)[draw] = ops.Sample(logits.Row<float>(0), parameters, history, [], new SampleKey(1, 0, draw), scratch);
        }, ids);
    }
}
