using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace Puna.Tools;

/// <summary>Answers beside the right ones.</summary>
/// <param name="questions">The questions.</param>
/// <param name="answers">What the model answered, in their order.</param>
/// <param name="compareKey">Where the answers of another program stood; null where they were not asked for.</param>
internal sealed class EvalResult(IReadOnlyList<Question> questions, IReadOnlyList<string> answers, string? compareKey)
{
    /// <summary>Prints the counts: a table, or one JSON object.</summary>
    public void Print(Terminal terminal, bool isJson)
    {
        (string Skill, int Items, int Exact)[] rows =
        [
            .. questions.Zip(answers).GroupBy(p => p.First.Skill).OrderBy(g => g.Key, StringComparer.Ordinal)
                .Select(g => (g.Key, g.Count(), g.Count(p => p.First.IsAnsweredBy(p.Second)))),
        ];
        int exact = rows.Sum(r => r.Exact), same = questions.Zip(answers)
            .Count(p => p.First.Recorded?.Trim() == p.Second.Trim());
        if (isJson)
            terminal.Output.WriteLine(ToJson(rows, exact, same));
        else
            PrintTable(terminal.Rich(), rows, exact, same);
    }

    private void PrintTable(IAnsiConsole console, (string Skill, int Items, int Exact)[] rows, int exact, int same)
    {
        Table table = new Table().Border(TableBorder.Simple).AddColumn("skill")
            .AddColumn(new TableColumn("exact").RightAligned())
            .AddColumn(new TableColumn("items").RightAligned()).AddColumn(new TableColumn("share").RightAligned());
        foreach ((string skill, int items, int right) in rows.Append(("all", questions.Count, exact)))
            table.AddRow(new Text(skill), Cell($"{right}"), Cell($"{items}"), Cell(Share(right, items)));
        console.Write(table);
        if (compareKey is not null)
            console.WriteLine($"equal to {compareKey}: {same} of {questions.Count} ({Share(same, questions.Count)})");
    }

    private string ToJson((string Skill, int Items, int Exact)[] rows, int exact, int same) => JsonText.Write(json =>
    {
        json.WriteStartObject();
        WriteCounts(json, questions.Count, exact);
        json.WriteStartObject("skills");
        foreach ((string skill, int items, int right) in rows)
        {
            json.WriteStartObject(skill);
            WriteCounts(json, items, right);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        if (compareKey is not null)
        {
            json.WriteStartObject("agreement");
            json.WriteString("key", compareKey);
            json.WriteNumber("items", questions.Count);
            json.WriteNumber("same", same);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    });

    private static void WriteCounts(Utf8JsonWriter json, int items, int exact)
    {
        json.WriteNumber("items", items);
        json.WriteNumber("exact", exact);
        json.WriteNumber("share", (double)exact / items);
    }

    private static Text Cell(string text) => new(text);

    private static string Share(int part, int all) =>
        string.Create(CultureInfo.InvariantCulture, $"{100.0 * part / all:0.0} %");
}
