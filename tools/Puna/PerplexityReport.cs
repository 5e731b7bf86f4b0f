using System.Globalization;
using System.Text;
using Puna.Runtime;
using Puna.Runtime.Evaluation;
using Puna.Runtime.Scheduling;

namespace Puna.Tools;

/// <summary>The perplexity of a text, in the units that people report.</summary>
/// <param name="Window">Tokens of a window.</param>
/// <param name="Stride">Tokens from one window to the next.</param>
/// <param name="Bytes">The text in UTF-8, in bytes.</param>
/// <param name="Result">What was measured.</param>
internal sealed record PerplexityReport(int Window, int Stride, int Bytes, PerplexityResult Result)
{
    private double BitsPerByte => Result.TotalNats / Math.Log(2) / Bytes;

    /// <summary>Measures.</summary>
    /// <param name="model">Has a tokenizer, and room for a window and its begin-of-text token.</param>
    /// <param name="text">The text.</param>
    /// <param name="window">Tokens of a window.</param>
    /// <param name="stride">Tokens from one window to the next.</param>
    /// <param name="terminal">Stops.</param>
    public static PerplexityReport Measure(LanguageModel model, string text, int window, int stride, Terminal terminal)
    {
        int[] ids = model.Tokenizer!.Encode(text);   // the caller has asked for one
        using Scorer scorer = model.CreateScorer(window + 1);
        PerplexityResult result = Perplexity.Measure(ids, model.Tokenizer.BosId, window, stride, scorer,
            terminal.Interrupts.Token);
        if (result.TokenCount == 0)
        {
            throw CommandException.BadInput($"eval: the text has {ids.Length} token and the tokenizer no "
                + "begin-of-text token, "
                + "but a token needs one before it to be foretold. Give a longer text.");
        }

        return new PerplexityReport(window, stride, Encoding.UTF8.GetByteCount(text), result);
    }

    /// <summary>Prints the figures: lines, or one JSON object.</summary>
    public void Print(Terminal terminal, bool isJson)
    {
        if (!isJson)
        {
            terminal.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
                perplexity      {Result.Perplexity:0.0000}
                bits per token  {Result.BitsPerToken:0.0000}
                bits per byte   {BitsPerByte:0.0000}
                tokens          {Result.TokenCount} in windows of {Window}, stride {Stride}
                """));
            return;
        }

        terminal.Output.WriteLine(JsonText.Write(json =>
        {
            json.WriteStartObject();
            json.WriteNumber("window", Window);
            json.WriteNumber("stride", Stride);
            json.WriteNumber("tokens", Result.TokenCount);
            json.WriteNumber("nll_nats_total", Result.TotalNats);
            json.WriteNumber("perplexity", Result.Perplexity);
            json.WriteNumber("bits_per_token", Result.BitsPerToken);
            json.WriteNumber("bits_per_byte", BitsPerByte);
            json.WriteEndObject();
        }));
    }
}
