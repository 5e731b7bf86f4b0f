using System.Text.Json;

namespace Puna.Tokenizer.Tests;

/// <summary>A text and its ids, as other encoders give them.</summary>
/// <param name="Text">The text.</param>
/// <param name="Ids">Names of special tokens are text.</param>
/// <param name="IdsSpecial">They are tokens.</param>
public sealed record GoldenRow(string Text, int[] Ids, int[] IdsSpecial)
{
    /// <summary>Reads lines of <c>text</c>, <c>ids</c> and, where different, <c>ids_special</c>.</summary>
    public static GoldenRow[] Read(string path)
    {
        GoldenRow[] rows = [.. File.ReadLines(path).Where(l => l.Length > 0).Select(Parse)];
        Assert.NotEmpty(rows);
        return rows;
    }

    /// <summary>Fails on the first row that encodes or decodes otherwise, and shows it.</summary>
    public static void AssertAll(BpeTokenizer tokenizer, IReadOnlyList<GoldenRow> rows)
    {
        foreach (GoldenRow row in rows)
        {
            AssertIds(row.Ids, tokenizer.Encode(row.Text), row.Text);
            AssertIds(row.IdsSpecial, tokenizer.Encode(row.Text, SpecialTokenHandling.Recognise), row.Text);
            Assert.Equal(row.Text, tokenizer.Decode(row.Ids));
            Assert.Equal(row.Text, tokenizer.Decode(row.IdsSpecial));
        }
    }

    private static void AssertIds(int[] expected, int[] actual, string text)
    {
        if (!expected.SequenceEqual(actual))
        {
            string shown = JsonSerializer.Serialize(text);
            Assert.Fail($"{shown}: {string.Join(' ', actual)}, but {string.Join(' ', expected)}");
        }
    }

    private static GoldenRow Parse(string line)
    {
        using JsonDocument row = JsonDocument.Parse(line);
        int[] ids = Numbers(row.RootElement.GetProperty("ids"));
        bool hasSpecial = row.RootElement.TryGetProperty("ids_special", out JsonElement special);
        return new(row.RootElement.GetProperty("text").GetString() ?? "", ids, hasSpecial ? Numbers(special) : ids);
    }

    private static int[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetInt32())];
}
