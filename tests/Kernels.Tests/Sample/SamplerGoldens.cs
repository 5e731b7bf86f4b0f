using System.Text.Json;
using Puna.TestKit;

namespace Puna.Kernels.Tests;

/// <summary>A row of logits with parameters, and the probabilities that transformers computes from it.</summary>
internal sealed record SamplerGolden(
    float[] Logits, PreviousToken[] History, TokenBias[] Bias, SamplingParameters Parameters, double[] Probabilities)
{
    public static IEnumerable<SamplerGolden> Committed() =>
        Read(Goldens.InRepository("tests/Kernels.Tests/Sample/samplers.json"));

    public static IEnumerable<SamplerGolden> Shared() => Read(Goldens.Shared("goldens/samplers.json"));

    private static SamplerGolden[] Read(string path)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        return [.. document.RootElement.GetProperty("cases").EnumerateArray().Select(Read)];
    }

    private static SamplerGolden Read(JsonElement c)
    {
        JsonElement p = c.GetProperty("params");
        double Value(string name, double otherwise) =>
            p.TryGetProperty(name, out JsonElement value) ? value.GetDouble() : otherwise;

        SamplingParameters parameters = new()
        {
            Temperature = Value("temperature", 1),
            TopK = (int)Value("top_k", 0),
            TopP = Value("top_p", 1),
            MinP = Value("min_p", 0),
            RepetitionPenalty = Value("repetition_penalty", 1),
            FrequencyPenalty = Value("frequency_penalty", 0),
            PresencePenalty = Value("presence_penalty", 0),
        };
        IEnumerable<int> previous = c.GetProperty("previous_ids").EnumerateArray().Select(id => id.GetInt32());
        IEnumerable<JsonProperty> bias =
            p.TryGetProperty("logit_bias", out JsonElement pairs) ? pairs.EnumerateObject() : [];
        return new SamplerGolden(
            [.. c.GetProperty("logits").EnumerateArray().Select(x => x.GetSingle())],
            [.. previous.GroupBy(id => id).Select(g => new PreviousToken(g.Key, g.Count()))],
            [.. bias.Select(b => new TokenBias(int.Parse(b.Name), b.Value.GetSingle()))],
            parameters,
            [.. c.GetProperty("probabilities").EnumerateArray().Select(x => x.GetDouble())]);
    }
}
