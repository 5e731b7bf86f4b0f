using System.Collections.Immutable;
using System.Text;
using Puna.Runtime.Sampling;

namespace Puna.Runtime;

/// <summary>A part of an answer: one token, and the text that is certain since.</summary>
/// <param name="Index">Which request it answers.</param>
/// <param name="Token">The token; null for the text that was held back until the end.</param>
/// <param name="Text">
/// Text that is complete: empty while a character is unfinished or may be the start of a stop text.
/// </param>
/// <param name="FinishReason">Why the answer ended; null while it goes on.</param>
public readonly record struct AnswerPiece(int Index, SampledToken? Token, string Text, FinishReason? FinishReason);

/// <summary>A whole answer.</summary>
/// <param name="Ids">Its tokens; the stop token that ended it is the last.</param>
/// <param name="Text">Its text, without special tokens; empty for a model without a tokenizer.</param>
/// <param name="FinishReason">Why it ended.</param>
/// <param name="Logprobs">Log-probability of each token; empty where logprobs were not asked for.</param>
public sealed record Answer(ImmutableArray<int> Ids, string Text, FinishReason FinishReason, ImmutableArray<float> Logprobs)
{
    /// <summary>Collects the pieces of some answers.</summary>
    /// <param name="pieces">What streams.</param>
    /// <param name="count">Number of answers.</param>
    public static ImmutableArray<Answer> Collect(IEnumerable<AnswerPiece> pieces, int count)
    {
        List<int>[] ids = [.. Enumerable.Range(0, count).Select(_ => new List<int>())];
        List<float>[] logprobs = [.. Enumerable.Range(0, count).Select(_ => new List<float>())];
        StringBuilder[] texts = [.. Enumerable.Range(0, count).Select(_ => new StringBuilder())];
        FinishReason[] reasons = new FinishReason[count];
        foreach (AnswerPiece piece in pieces)
        {
            texts[piece.Index].Append(piece.Text);
            reasons[piece.Index] = piece.FinishReason ?? reasons[piece.Index];
            if (piece.Token is not { } token)
                continue;
            ids[piece.Index].Add(token.Id);
            if (token.Logprob is { } logprob)
                logprobs[piece.Index].Add(logprob);
        }

        return [.. Enumerable.Range(0, count).Select(i =>
            new Answer([.. ids[i]], texts[i].ToString(), reasons[i], [.. logprobs[i]]))];
    }
}
