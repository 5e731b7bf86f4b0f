namespace Puna.Tokenizer.Loading;

/// <summary>
/// Reads <c>post_processor</c>, of which one fact matters here: the special token that it puts before a text. ByteLevel
/// only moves offsets.
/// </summary>
internal static class PostProcessorJson
{
    private const string Supported = "TemplateProcessing, ByteLevel, or a Sequence of them";

    /// <summary>The token that begins a text, or null where the file names none.</summary>
    /// <param name="place">The value of <c>post_processor</c>.</param>
    /// <param name="specials">Name to id.</param>
    public static int? BosId(JsonPlace place, IReadOnlyDictionary<string, int> specials)
    {
        if (place.IsAbsent)
            return null;
        switch (place["type"].Text())
        {
            case "ByteLevel":
                return null;
            case "TemplateProcessing":
                return OfTemplate(place, specials);
            case "Sequence":
                place.RequireKeys("type", "processors");
                IEnumerable<int?> all = place["processors"].Elements().Select(p => BosId(p, specials));
                int?[] ids = [.. all.Where(id => id is not null)];
                return ids.Length switch
                {
                    0 => null,
                    1 => ids[0],
                    _ => throw place["processors"].Refused("one TemplateProcessing"),
                };
            default:
                throw place["type"].Refused(Supported);
        }
    }

    private static int? OfTemplate(JsonPlace place, IReadOnlyDictionary<string, int> specials)
    {
        place.RequireKeys("type", "single", "pair", "special_tokens");
        JsonPlace single = place["single"];
        JsonPlace[] pieces = [.. single.Elements()];
        int last = pieces.Length - 1;
        if (last is not (0 or 1) || pieces[last]["Sequence"].IsAbsent
            || (last == 1 && pieces[0]["SpecialToken"].IsAbsent))
        {
            throw single.Refused("at most one special token before the text");
        }

        if (last == 0)
            return null;

        JsonPlace token = pieces[0]["SpecialToken"]["id"];
        if (!specials.TryGetValue(token.Text(), out int id))
            throw token.Damaged("a name in added_tokens");
        foreach (JsonPlace other in place["special_tokens"][token.Text()]["ids"].Elements())
        {
            if (other.Number() != id)
                throw other.Damaged($"{id}, the id in added_tokens,");
        }

        return id;
    }
}
