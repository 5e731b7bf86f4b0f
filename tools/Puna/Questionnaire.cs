using System.Collections.Immutable;
using System.Text;
using Puna.Runtime;
using Puna.Runtime.Sampling;
using Puna.Runtime.Scheduling;
using Puna.Tokenizer.Templates;

namespace Puna.Tools;

/// <summary>Asks many questions at once.</summary>
internal static class Questionnaire
{
    /// <summary>The model's greedy answers, in the order of the questions; who shares a batch changes none.</summary>
    /// <param name="model">Has a tokenizer and a chat template.</param>
    /// <param name="questions">What to ask.</param>
    /// <param name="maxTokens">Most tokens of an answer.</param>
    /// <param name="terminal">Shows progress; stops.</param>
    public static string[] Ask(LanguageModel model, IReadOnlyList<Question> questions, int maxTokens, Terminal terminal)
    {
        GenerationRequest[] requests = [.. questions.Select(q => RequestFor(model, q, maxTokens))];
        StringBuilder[] answers = [.. questions.Select(_ => new StringBuilder())];
        int done = 0;
        foreach (AnswerPiece piece in model.StreamAll(requests, cancellation: terminal.Interrupts.Token))
        {
            answers[piece.Index].Append(piece.Text);
            if (piece.FinishReason is not null && terminal.IsErrorTerminal)
                terminal.Error.Write($"\r{++done} of {requests.Length} answered");
        }

        if (terminal.IsErrorTerminal)
            terminal.Error.WriteLine();
        return [.. answers.Select(a => a.ToString())];
    }

    private static GenerationRequest RequestFor(LanguageModel model, Question question, int maxTokens)
    {
        ChatInput input = new() { Messages = question.Messages, Tools = question.Tools };
        ImmutableArray<int> prompt = model.EncodeChat(input);
        int room = model.Config.ContextLength - prompt.Length;
        if (room < 1)
        {
            throw new CommandException(ExitCode.OutOfCapacity, $"{question.Where}: the prompt has {prompt.Length} "
                + $"tokens, but the model has a context of {model.Config.ContextLength} tokens and the answer needs "
                + "room too. Leave the question out.");
        }

        return model.Request(prompt, Math.Min(maxTokens, room)) with { Sampling = SamplingOptions.Greedy };
    }
}
