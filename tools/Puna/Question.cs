using System.Text.Json;

namespace Puna.Tools;

/// <summary>A question with its answer.</summary>
/// <param name="Where">File and line, for messages.</param>
/// <param name="Skill">What it tests.</param>
/// <param name="Messages">The conversation.</param>
/// <param name="Tools">Functions the model may call; null for none.</param>
/// <param name="Answer">The right answer: a string is compared as text, anything else as JSON.</param>
/// <param name="Recorded">What another program answered; null where it is not asked for.</param>
internal sealed record Question(
    string Where, string Skill, JsonElement Messages, JsonElement? Tools, JsonElement Answer, string? Recorded)
{
    /// <summary>Reads questions, one per line.</summary>
    /// <param name="file">A file, or <c>-</c>.</param>
    /// <param name="limit">Most to read.</param>
    /// <param name="recordedKey">Where another program's answer stands; null where it is not asked for.</param>
    /// <param name="terminal">Gives standard input.</param>
    public static List<Question> ReadAll(string file, int limit, string? recordedKey, Terminal terminal)
    {
        const string Expected = "lines of JSON objects with messages and answer";
        using TextReader reader = InputFiles.Open(file, Expected, terminal);
        List<Question> questions = [];
        for (int number = 1; questions.Count < limit && reader.ReadLine() is { } line; number++)
        {
            if (!string.IsNullOrWhiteSpace(line))
                questions.Add(Read(line, number, InputFiles.NameOf(file), recordedKey));
        }

        return questions.Count > 0
            ? questions
            : throw CommandException.BadInput($"{InputFiles.NameOf(file)}: it holds no question, but {Expected} were "
                + "expected.");
    }

    /// <summary>Whether a generated text is the answer; white space around both does not count.</summary>
    public bool IsAnsweredBy(string given)
    {
        if (Answer.ValueKind == JsonValueKind.String)
            return given.Trim() == JsonText.String(Answer).Trim();
        try
        {
            using JsonDocument json = JsonDocument.Parse(given);
            return JsonElement.DeepEquals(json.RootElement, Answer);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>The line that records a generated answer.</summary>
    public string ToJson(string given) => JsonText.Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("skill", Skill);
        json.WritePropertyName("answer");
        Answer.WriteTo(json);
        json.WriteString("given", given);
        json.WriteBoolean("exact", IsAnsweredBy(given));
        json.WriteEndObject();
    });

    private static Question Read(string line, int number, string file, string? recordedKey)
    {
        string where = $"{file}, line {number}";
        JsonElement item = JsonText.Parse(line, file, "a JSON object", number);
        JsonElement messages = JsonText.Field(item, "messages", JsonValueKind.Array, where);
        if (!item.TryGetProperty("answer", out JsonElement answer))
            throw CommandException.BadInput($"{where}: the object has no \"answer\", but one is needed to compare "
                + "with.");
        JsonElement? tools = item.TryGetProperty("tools", out JsonElement given)
            && given.ValueKind != JsonValueKind.Null
            ? JsonText.Field(item, "tools", JsonValueKind.Array, where)
            : null;
        string skill = item.TryGetProperty("skill", out JsonElement named) && named.ValueKind == JsonValueKind.String
            ? JsonText.String(named)
            : "other";
        string? recorded = recordedKey is null
            ? null
            : JsonText.String(JsonText.Field(item, recordedKey, JsonValueKind.String, where));
        return new Question(where, skill, messages, tools, answer, recorded);
    }
}
