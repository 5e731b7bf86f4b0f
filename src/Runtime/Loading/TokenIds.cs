using System.Collections.Immutable;
using System.Text.Json;

namespace Puna.Runtime.Loading;

/// <summary>Reads token ids, which stand alone or in a list.</summary>
internal static class TokenIds
{
    /// <summary>The ids of a field; none when it is absent.</summary>
    /// <param name="fields">The object.</param>
    /// <param name="key">The field: an id or a list of ids.</param>
    /// <param name="vocabSize">What ids must stay below.</param>
    public static ImmutableArray<int> Read(JsonFields fields, string key, int vocabSize)
    {
        if (fields.Find(key) is not { } value)
            return [];
        if (value.ValueKind != JsonValueKind.Array)
            return [One(fields, key, value, vocabSize)];
        return [.. value.EnumerateArray().Select(v => One(fields, key, v, vocabSize)).Distinct()];
    }

    private static int One(JsonFields fields, string key, JsonElement value, int vocabSize)
    {
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt64(out long id))
            throw fields.Unexpected(key, value, "a token id or a list of token ids");
        if (id >= 0 && id < vocabSize)
            return (int)id;
        throw new ModelFormatException(
            $"{fields.Where}: {key} is {id}, but the vocabulary has the ids 0 to {vocabSize - 1} (vocab_size "
            + $"{vocabSize}). Use the file that came with the weights.");
    }
}
