using System.Text;
using System.Text.Json;
using Puna.Tokenizer.Bpe;

namespace Puna.Tokenizer.Loading;

/// <summary>Reads <c>model.vocab</c>, <c>added_tokens</c> and <c>model.merges</c>.</summary>
internal sealed class VocabularyJson
{
    private readonly Dictionary<string, int> _ids;

    private VocabularyJson(Dictionary<string, int> ids, Vocabulary tokens, Dictionary<string, int> specialTokens)
    {
        _ids = ids;
        Tokens = tokens;
        SpecialTokens = specialTokens;
    }

    /// <summary>The bytes of every id.</summary>
    public Vocabulary Tokens { get; }

    /// <summary>The added tokens: name to id.</summary>
    public Dictionary<string, int> SpecialTokens { get; }

    /// <summary>Reads both lists of tokens, which together must have every id from 0 once.</summary>
    /// <param name="vocab">The value of <c>model.vocab</c>.</param>
    /// <param name="added">The value of <c>added_tokens</c>.</param>
    public static VocabularyJson Read(JsonPlace vocab, JsonPlace added)
    {
        Dictionary<string, int> ids = new(StringComparer.Ordinal);
        if (vocab.Value.ValueKind != JsonValueKind.Object)
            throw vocab.Damaged("an object");
        foreach (JsonProperty token in vocab.Value.EnumerateObject())
        {
            if (!JsonPlace.IsNumber(token.Value, out int id))
                throw vocab[token.Name].Damaged("a whole number from 0");
            if (!ids.TryAdd(token.Name, id))
                throw vocab[token.Name].Damaged("each token once");
        }

        List<byte[]?> tokens = [.. Enumerable.Repeat<byte[]?>(null, ids.Count)];
        foreach ((string spelling, int id) in ids)
        {
            if (id >= tokens.Count || tokens[id] is not null)
                throw vocab[spelling].Damaged($"every id from 0 to {tokens.Count - 1} once");
            tokens[id] = ByteLevelAlphabet.Decode(spelling) is { Length: > 0 } bytes
                ? bytes
                : throw vocab[spelling].Damaged("a token spelled in the byte-level alphabet");
        }

        Dictionary<string, int> specials = added.IsAbsent ? [] : ReadAdded(added, ids, tokens);
        // Every id below the count is filled: the count of different ids equals the count of places.
        Vocabulary vocabulary = new([.. tokens.Select(t => t!)], ids.Count);
        for (int b = 0; b < 256; b++)
        {
            if (vocabulary.Find([(byte)b]) < 0)
                throw new TokenizerFormatException(
                    $"{vocab.File}: {vocab.Path} has no token for the single byte 0x{b:X2}, but all 256 must be there "
                    + "(any text must encode). Use a tokenizer of the Llama 3 family.");
        }

        return new(ids, vocabulary, specials);
    }

    /// <summary>Reads the merges, in both spellings: <c>"a b"</c> and <c>["a", "b"]</c>.</summary>
    /// <param name="place">The value of <c>model.merges</c>.</param>
    public List<Merge> Merges(JsonPlace place)
    {
        if (place.Value.ValueKind != JsonValueKind.Array)
            throw place.Damaged("an array");
        int count = place.Value.GetArrayLength();
        if (count >= MergeTable.MaxMerges)
            throw new TokenizerFormatException(
                $"{place.File}: {place.Path} has {count} entries, but at most {MergeTable.MaxMerges - 1} are "
                + "supported.");
        List<Merge> merges = new(count);
        HashSet<(int, int)> seen = new(count);
        foreach (JsonElement element in place.Value.EnumerateArray())
        {
            (string left, string right) = Pair(element) ?? throw Bad("two tokens, as \"a b\" or [\"a\", \"b\"],");
            if (!_ids.TryGetValue(left, out int l) || !_ids.TryGetValue(right, out int r)
                || !_ids.TryGetValue(left + right, out int result))
            {
                throw Bad("two tokens of model.vocab that together are a third");
            }

            if (!seen.Add((l, r)))
                throw Bad("each pair once");
            merges.Add(new(l, r, result, merges.Count));

            TokenizerFormatException Bad(string expected) =>
                new JsonPlace(place.File, $"{place.Path}[{merges.Count}]", element).Damaged(expected);
        }

        return merges;
    }

    private static (string Left, string Right)? Pair(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.String)
        {
            string text = element.GetString() ?? "";
            int space = text.IndexOf(' ', StringComparison.Ordinal);
            return space < 0 ? null : (text[..space], text[(space + 1)..]);
        }

        return element.ValueKind == JsonValueKind.Array && element.GetArrayLength() == 2
            && element[0].ValueKind == JsonValueKind.String && element[1].ValueKind == JsonValueKind.String
            ? (element[0].GetString() ?? "", element[1].GetString() ?? "")
            : null;
    }

    private static Dictionary<string, int> ReadAdded(JsonPlace added, Dictionary<string, int> ids, List<byte[]?> tokens)
    {
        Dictionary<string, int> specials = new(StringComparer.Ordinal);
        foreach (JsonPlace token in added.Elements().OrderBy(t => t["id"].Number()))
        {
            token.RequireKeys("id", "content", "single_word", "lstrip", "rstrip", "normalized", "special");
            token["single_word"].RequireFlag(supported: false, whenMissing: false);
            token["lstrip"].RequireFlag(supported: false, whenMissing: false);
            token["rstrip"].RequireFlag(supported: false, whenMissing: false);
            token["normalized"].RequireFlag(supported: false, whenMissing: false);
            token["special"].RequireFlag(supported: true, whenMissing: false);
            string name = token["content"].Text();
            int id = token["id"].Number();
            if (name.Length == 0 || !specials.TryAdd(name, id))
                throw token["content"].Damaged("a name that stands once");
            bool isInVocabulary = ids.TryGetValue(name, out int known);
            if (isInVocabulary ? id != known : id != tokens.Count)
                throw token["id"].Damaged($"{(isInVocabulary ? known : tokens.Count)}, the id of {name},");
            if (!isInVocabulary)
                tokens.Add(Encoding.UTF8.GetBytes(name));
        }

        if (tokens.Count > MergeTable.MaxIds)
            throw added.Damaged($"at most {MergeTable.MaxIds} tokens in all");
        return specials;
    }
}
