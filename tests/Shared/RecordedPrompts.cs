using System.Collections.Immutable;
using System.Text.Json;
using Puna.Runtime.Loading;

namespace Puna.TestKit;

/// <summary>A prompt of the demo model with the greedy answer that transformers recorded.</summary>
/// <param name="Ids">The prompt.</param>
/// <param name="AnswerIds">The answer, its stop token included.</param>
/// <param name="Answer">Its text, with the name of the stop token at its end.</param>
/// <param name="SmallestGap">Smallest difference of the two best logits on the way.</param>
public sealed record RecordedPrompt(ImmutableArray<int> Ids, ImmutableArray<int> AnswerIds, string Answer, double SmallestGap)
{
    /// <summary>All that are kept in the repository.</summary>
    public static ImmutableArray<RecordedPrompt> Demo { get; } = Read(Goldens.InRepository("tests/Data/demo"));

    private static ImmutableArray<RecordedPrompt> Read(string folder)
    {
        SafetensorsFile results = SafetensorsFile.Open(Path.Combine(folder, "expected.safetensors"));
        using JsonDocument facts = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "expected.json")));
        return [.. facts.RootElement.GetProperty("prompts").EnumerateArray().Select((prompt, i) => new RecordedPrompt(
            [.. results.ReadI64($"{i}.input_ids").Select(id => (int)id)],
            [.. results.ReadI64($"{i}.greedy_ids").Select(id => (int)id)],
            prompt.GetProperty("answer").GetString()!,   // every entry of the file has one
            prompt.GetProperty("smallest_top2_gap").GetDouble()))];
    }
}
