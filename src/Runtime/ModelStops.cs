using System.Collections.Immutable;
using Puna.Runtime.Loading;
using Puna.Tokenizer;
using Puna.Tokenizer.Templates;

namespace Puna.Runtime;

/// <summary>Finds the ids that end an answer.</summary>
internal static class ModelStops
{
    private static readonly string[] EndOfText = ["<|end_of_text|>", "<|endoftext|>", "</s>"];
    private static readonly string[] EndOfTurn = ["<|eot_id|>", "<|eom_id|>"];

    /// <summary>
    /// Those of <c>generation_config.json</c>, else of <c>config.json</c>, else the tokenizer's end-of-text token; and
    /// always Llama 3's ends of turn and message when the template writes them: many a published configuration names
    /// end-of-text alone, and answers would run on.
    /// </summary>
    public static ImmutableArray<int> Find(ModelFolder folder, BpeTokenizer tokenizer, ChatTemplate? template)
    {
        SortedSet<int> ids = [.. folder.StopIds];
        if (ids.Count == 0)
            AddKnown(EndOfText);
        if (template is not null)
            AddKnown(EndOfTurn.Where(name => template.Source.Contains(name, StringComparison.Ordinal)));
        return [.. ids];

        void AddKnown(IEnumerable<string> names)
        {
            foreach (string name in names)
            {
                if (tokenizer.TryGetSpecialId(name, out int id) && id < folder.Config.VocabSize)
                    ids.Add(id);
            }
        }
    }
}
