using Puna.Runtime.Sampling;
using Puna.Runtime.Scheduling;
using Puna.Tokenizer;

namespace Puna.Runtime;

/// <summary>The one loop that turns requests into streamed text; whoever wants whole answers collects its pieces.</summary>
public static class AnswerLoop
{
    /// <summary>Runs requests on an engine until all are answered.</summary>
    /// <param name="engine">Runs the steps; nobody else may step it meanwhile.</param>
    /// <param name="tokenizer">Turns tokens into text; without one, all texts are empty.</param>
    /// <param name="requests">What is asked.</param>
    /// <param name="cancellation">Looked at before each step.</param>
    /// <exception cref="ArgumentException">A request asks for stop texts, and there is no tokenizer.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; the engine is free again.</exception>
    public static IEnumerable<AnswerPiece> Run(Engine engine, BpeTokenizer? tokenizer,
        IReadOnlyList<GenerationRequest> requests, CancellationToken cancellation = default)
    {
        Dictionary<Sequence, Progress> open = [];
        for (int i = 0; i < requests.Count; i++)
            open.Add(engine.Add(requests[i]), new Progress(i, TextOf(requests[i], tokenizer)));

        try
        {
            foreach ((Sequence empty, Progress progress) in open.Where(o => o.Key.FinishReason is not null).ToArray())
            {
                open.Remove(empty);
                yield return new AnswerPiece(progress.Index, null, "", empty.FinishReason);
            }

            while (open.Count > 0)
            {
                cancellation.ThrowIfCancellationRequested();
                foreach (StepToken step in engine.Step())
                {
                    Progress progress = open[step.Sequence];
                    AnswerPiece piece = progress.Advance(step);
                    if (piece.FinishReason is { } reason)
                    {
                        open.Remove(step.Sequence);
                        engine.Finish(step.Sequence, reason);
                    }

                    yield return piece;
                }
            }
        }
        finally
        {
            foreach (Sequence left in open.Keys)
                engine.Finish(left, FinishReason.Cancelled);
        }
    }

    private static AnswerText? TextOf(GenerationRequest request, BpeTokenizer? tokenizer)
    {
        if (tokenizer is not null)
            return new AnswerText(tokenizer, request.StopTexts);
        if (request.StopTexts.IsDefaultOrEmpty)
            return null;
        throw new ArgumentException("stop: texts were given, but the model has no tokenizer to find them with. Use stop ids.");
    }

    private sealed record Progress(int Index, AnswerText? Text)
    {
        public AnswerPiece Advance(StepToken step)
        {
            FinishReason? reason = step.Sequence.FinishReason;
            if (Text is null)
                return new AnswerPiece(Index, step.Token, "", reason);

            // The token that stops is not part of the text.
            string text = reason == FinishReason.Stop ? "" : Text.Add(step.Token.Id);
            if (!Text.IsStopped && reason is not null)
                text += Text.Flush();
            return new AnswerPiece(Index, step.Token, text, Text.IsStopped ? FinishReason.Stop : reason);
        }
    }
}
