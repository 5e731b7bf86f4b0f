using System.Globalization;
using Puna.Runtime;
using Puna.Runtime.Evaluation;
using Puna.Runtime.Models;
using Puna.Runtime.Scheduling;

namespace Puna.Tools;

/// <summary>How far a mode's foretelling of a text is from the exact mode's.</summary>
/// <param name="Mode">The mode.</param>
/// <param name="Window">Tokens of a window.</param>
/// <param name="Result">What was measured.</param>
internal sealed record DivergenceReport(ModelMode Mode, int Window, DivergenceResult Result)
{
    private const int LargestCount = 5;

    /// <summary>Measures.</summary>
    /// <param name="exact">The model in the exact mode; it has a tokenizer.</param>
    /// <param name="fast">The model in the other mode.</param>
    /// <param name="text">The text.</param>
    /// <param name="window">Tokens of a window.</param>
    /// <param name="tokens">How many tokens of the text are used at most.</param>
    /// <param name="terminal">Stops.</param>
    public static DivergenceReport Measure(LanguageModel exact, LanguageModel fast, string text, int window, int tokens, Terminal terminal)
    {
        int[] ids = exact.Tokenizer!.Encode(text);   // the caller has asked for one
        using Scorer one = exact.CreateScorer(window + 1), other = fast.CreateScorer(window + 1);
        return new DivergenceReport(fast.Mode, window, Divergence.Measure(ids.AsSpan(0, Math.Min(tokens, ids.Length)),
            exact.Tokenizer.BosId, window, one, other, terminal.Interrupts.Token));
    }

    /// <summary>Prints the figures: lines, or one JSON object.</summary>
    public void Print(Terminal terminal, bool isJson)
    {
        if (isJson)
        {
            terminal.Output.WriteLine(ToJson());
            return;
        }

        string mode = string.Join(", ", ModeArguments.Words(Mode).Select(w => $"{w.Name} {w.Word}"));
        string largest = string.Join(", ", Result.Largest(LargestCount)
            .Select(l => string.Create(CultureInfo.InvariantCulture, $"{l.Nats:G3} at {l.Position}")));
        terminal.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            mode            {mode}
            mean KL         {Result.Mean:G4} nats from the exact mode
            largest         {largest}
            same top token  {100 * Result.Agreement:0.00} %
            positions       {Result.Nats.Length} in windows of {Window}
            """));
    }

    private string ToJson() => JsonText.Write(json =>
    {
        json.WriteStartObject();
        ModeArguments.Write(json, Mode);
        json.WriteNumber("window", Window);
        json.WriteNumber("positions", Result.Nats.Length);
        json.WriteNumber("mean_kl_nats", Result.Mean);
        json.WriteNumber("top1_agreement", Result.Agreement);
        json.WriteStartArray("largest");
        foreach ((int position, double nats) in Result.Largest(LargestCount))
        {
            json.WriteStartObject();
            json.WriteNumber("position", position);
            json.WriteNumber("kl_nats", nats);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });
}
