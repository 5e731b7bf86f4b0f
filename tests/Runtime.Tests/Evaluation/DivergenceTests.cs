using System.Text.Json;
using Puna.Kernels;
using Puna.Runtime.Evaluation;
using Puna.Runtime.Models;
using Puna.Runtime.Scheduling;
using Puna.TestKit;

namespace Puna.Runtime.Tests.Evaluation;

[Collection(DemoTests.Name)]
public class DivergenceTests(DemoModel demo)
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 3)]
    [InlineData(40, 12)]
    [InlineData(1000, 0.01)]
    public void The_divergence_of_two_rows_is_the_textbook_one(int count, double scale)
    {
        SeededValues values = new(count);
        float[] exact = KernelAssert.Values(values.Normal(DType.F32, 1, count, 5)), fast = [.. exact];
        float[] noise = KernelAssert.Values(values.Normal(DType.F32, 1, count, scale));
        for (int i = 0; i < count; i++)
            fast[i] += noise[i];

        double actual = Divergence.Of(exact, fast);

        Assert.Equal(Textbook(exact, fast), actual, tolerance: 1e-12 * Math.Max(1, actual));
        Assert.Equal(count > 1, actual > 0);
        Assert.Equal(0, Divergence.Of(exact, exact));
    }

    [Fact]
    public void Two_tokens_give_the_value_that_one_can_work_out_by_hand()
    {
        // p = (3/4, 1/4), q = (1/2, 1/2)
        Assert.Equal(0.75 * Math.Log(1.5) + 0.25 * Math.Log(0.5), Divergence.Of([MathF.Log(3), 0], [7, 7]), tolerance: 1e-7);
        Assert.Equal(Math.Log(2), Divergence.Of([0, float.NegativeInfinity], [5, 5]), tolerance: 1e-12);
        Assert.Equal(double.PositiveInfinity, Divergence.Of([0, 0], [0, float.NegativeInfinity]));
        Assert.Throws<ArgumentException>(() => Divergence.Of([1], [1, 2]));
    }

    [Fact]
    public void Every_position_is_compared_once_in_windows_and_chunks_of_any_size()
    {
        int[] ids = [.. Enumerable.Range(0, 40).Select(i => i * 7 % RandomModel.Config.VocabSize)];
        foreach ((int window, int chunk, int windows) in new[] { (40, 256, 1), (15, 4, 3), (7, 3, 6), (1, 1, 40) })
        {
            DivergenceResult result = Compare(ids, window, chunk, bosId: 1);

            Assert.Equal(ids.Length + windows, result.Nats.Length);
            Assert.All(result.Nats, nats => Assert.InRange(nats, 1e-12, 1));
            Assert.Equal(Compare(ids, window, 256, bosId: 1).Nats, result.Nats);
            Assert.Equal(ids.Length, Compare(ids, window, chunk, bosId: null).Nats.Length);
        }
    }

    [Fact]
    public void Largest_values_and_agreement_are_those_of_the_positions()
    {
        DivergenceResult result = new([0.5, 0.25, 3, 0.25], AgreementCount: 3);

        Assert.Equal(1, result.Mean);
        Assert.Equal(0.75, result.Agreement);
        Assert.Equal([(2, 3.0), (0, 0.5)], result.Largest(2));
        Assert.Equal(4, result.Largest(9).Length);
    }

    /// <summary>The demo's own text, cut as the recorded divergence of BF16 inference is.</summary>
    [Fact]
    public void A_run_that_changes_nothing_does_not_diverge_on_the_recorded_positions()
    {
        LanguageModel model = demo.Exact;
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(Goldens.Shared("goldens/perplexity.json")));
        int[] ids = model.Tokenizer!.Encode(golden.RootElement.GetProperty("text").GetString()!)[..50];   // the demo has a tokenizer, the file a text
        using Scorer exact = model.CreateScorer(51), bf16 = new(model.Config, model.Weights, model.Backend, 51, cacheType: DType.BF16);
        using Scorer same = model.CreateScorer(51);

        DivergenceResult none = Divergence.Measure(ids, model.Tokenizer.BosId, 50, exact, same);
        DivergenceResult some = Divergence.Measure(ids, model.Tokenizer.BosId, 50, exact, bf16);

        Assert.Equal((51, 0.0, 1.0), (none.Nats.Length, none.Mean, none.Agreement));
        Assert.InRange(some.Mean, 1e-8, 1e-2);   // BF16 keeps 8 bits of keys and values
    }

    private static DivergenceResult Compare(int[] ids, int window, int chunk, int? bosId)
    {
        using ReferenceBackend ops = new();
        using TransformerWeights weights = RandomModel.Weights(RandomModel.Config);
        using Scorer exact = new(RandomModel.Config, weights, ops, window + 1, chunk);
        using Scorer fast = new(RandomModel.Config, weights, ops, window + 1, chunk, DType.BF16);
        return Divergence.Measure(ids, bosId, window, exact, fast);
    }

    // without any care for overflow: logits of this size need none
    private static double Textbook(float[] exact, float[] fast)
    {
        double[] p = Softmax(exact), q = Softmax(fast);
        return p.Zip(q, (a, b) => a * Math.Log(a / b)).Sum();
    }

    private static double[] Softmax(float[] logits)
    {
        double sum = logits.Sum(l => Math.Exp(l));
        return [.. logits.Select(l => Math.Exp(l) / sum)];
    }
}
