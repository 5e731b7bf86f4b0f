using System.Text;
using System.Text.Json;
using Puna.Kernels;
using Puna.Runtime;
using Puna.Runtime.Models;
using Puna.Runtime.Sampling;
using Puna.Tokenizer;

namespace Puna.Tools;

/// <summary>An answer as it grows, and the JSON object that reports it.</summary>
/// <param name="tokenizer">Spells the tokens of logprobs; null spells none.</param>
internal sealed class CollectedAnswer(BpeTokenizer? tokenizer)
{
    private readonly List<int> _ids = [];
    private readonly StringBuilder _text = new();
    private readonly List<(TokenLogprob Token, TokenLogprob[] Top)> _logprobs = [];

    // An answer that nothing ended was cut off.
    private FinishReason _reason = FinishReason.Cancelled;

    /// <summary>The text so far.</summary>
    public string Text => _text.ToString();

    /// <summary>Takes the next piece.</summary>
    public void Add(AnswerPiece piece)
    {
        _text.Append(piece.Text);
        _reason = piece.FinishReason ?? _reason;
        if (piece.Token is not { } token)
            return;
        _ids.Add(token.Id);
        if (token.Logprob is { } logprob)
            _logprobs.Add((new TokenLogprob(token.Id, logprob), token.Top.ToArray()));
    }

    /// <summary>The answer on one line.</summary>
    /// <param name="promptTokens">Tokens of the prompt.</param>
    /// <param name="mode">In what the model's numbers were kept and met.</param>
    public string ToJson(int promptTokens, ModelMode mode) => JsonText.Write(json =>
    {
        json.WriteStartObject();
        json.WriteIds("ids", System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_ids));
        json.WriteString("text", Text);
        json.WriteString("finish_reason", Word(_reason));
        json.WriteStartObject("usage");
        json.WriteNumber("prompt_tokens", promptTokens);
        json.WriteNumber("completion_tokens", _ids.Count);
        json.WriteNumber("total_tokens", promptTokens + _ids.Count);
        json.WriteEndObject();
        ModeArguments.Write(json, mode);
        if (_logprobs.Count > 0)
            WriteLogprobs(json);
        json.WriteEndObject();
    });

    private static string Word(FinishReason reason) => reason switch
    {
        FinishReason.Stop => "stop",
        FinishReason.Length => "length",
        _ => "cancelled",
    };

    private void WriteLogprobs(Utf8JsonWriter json)
    {
        json.WriteStartArray("logprobs");
        foreach ((TokenLogprob token, TokenLogprob[] top) in _logprobs)
        {
            json.WriteStartObject();
            Write(json, token);
            json.WriteStartArray("top");
            foreach (TokenLogprob other in top)
            {
                json.WriteStartObject();
                Write(json, other);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void Write(Utf8JsonWriter json, TokenLogprob token)
    {
        json.WriteNumber("id", token.Id);
        if (tokenizer is not null && token.Id < tokenizer.VocabularySize)
            json.WriteString("token", tokenizer.Decode([token.Id]));
        if (float.IsFinite(token.Logprob))
            json.WriteNumber("logprob", token.Logprob);
        else
            json.WriteNull("logprob");   // an impossible token: JSON has no infinity
    }
}
