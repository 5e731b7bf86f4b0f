using System.Text.Json;
using Puna.Runtime.Evaluation;
using Puna.Runtime.Scheduling;
using Puna.TestKit;

namespace Puna.Runtime.Tests.Evaluation;

[Collection(DemoTests.Name)]
public class PerplexityTests(DemoModel demo)
{
    [Fact]
    public void Sliding_windows_give_the_recorded_perplexities()
    {
        LanguageModel model = demo.Exact;
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(Goldens.Shared("goldens/perplexity.json")));
        int[] ids = model.Tokenizer!.Encode(golden.RootElement.GetProperty("text").GetString()!);   // the demo has a tokenizer, the file a text

        foreach (JsonElement expected in golden.RootElement.GetProperty("results").EnumerateArray())
        {
            int window = expected.GetProperty("window").GetInt32(), stride = expected.GetProperty("stride").GetInt32();
            using Scorer scorer = new(model.Config, model.Weights, model.Backend, window + 1);

            PerplexityResult actual = Perplexity.Measure(ids, model.Tokenizer.BosId, window, stride, scorer);

            Assert.Equal(expected.GetProperty("tokens").GetInt32(), actual.TokenCount);
            Assert.Equal(expected.GetProperty("nll_nats_total").GetDouble(), actual.TotalNats, tolerance: 0.02);
            Assert.Equal(expected.GetProperty("perplexity").GetDouble(), actual.Perplexity, tolerance: 1e-4);
            Assert.Equal(expected.GetProperty("bits_per_token").GetDouble(), actual.BitsPerToken, tolerance: 1e-5);
        }
    }

    [Fact]
    public void Every_token_is_scored_once_whatever_the_windows()
    {
        LanguageModel model = demo.Model;
        int[] ids = [.. Enumerable.Range(0, 40).Select(i => 300 + i)];

        foreach ((int window, int stride) in new[] { (10, 10), (10, 3), (40, 1), (7, 7), (200, 50) })
        {
            using Scorer scorer = new(model.Config, model.Weights, model.Backend, window + 1, chunk: 16);

            Assert.Equal(40, Perplexity.Measure(ids, model.Tokenizer!.BosId, window, stride, scorer).TokenCount);   // the demo has one
        }
    }

    [Fact]
    public void Strides_that_leave_tokens_out_are_refused()
    {
        using Scorer scorer = new(demo.Model.Config, demo.Model.Weights, demo.Model.Backend, 11);

        Assert.Throws<ArgumentOutOfRangeException>(() => Perplexity.Measure([1, 2], 0, window: 10, stride: 11, scorer));
        Assert.Throws<ArgumentOutOfRangeException>(() => Perplexity.Measure([1, 2], 0, window: 10, stride: 0, scorer));
    }
}
