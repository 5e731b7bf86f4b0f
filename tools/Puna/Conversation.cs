using System.Collections.Immutable;
using System.Text.Json;
using Puna.Kernels;
using Puna.Runtime;
using Puna.Runtime.Scheduling;
using Puna.Tokenizer.Templates;

namespace Puna.Tools;

/// <summary>A conversation that goes on, whatever becomes of a turn.</summary>
/// <param name="model">Has a tokenizer and a chat template.</param>
/// <param name="request">Makes a request of a prompt.</param>
/// <param name="terminal">Where answers stream to.</param>
internal sealed class Conversation(
    LanguageModel model, Func<ImmutableArray<int>, GenerationRequest> request, Terminal terminal)
{
    private readonly List<ChatMessage> _messages = [];

    /// <summary>The system message; null for none.</summary>
    public string? System { get; private set; }

    /// <summary>An array of objects with <c>role</c> and <c>content</c>, as chat templates take it.</summary>
    public static JsonElement ToJson(IEnumerable<ChatMessage> messages) => JsonSerializer.SerializeToElement(messages);

    /// <summary>Forgets the conversation.</summary>
    /// <param name="system">Its system message from now on; null for none.</param>
    public void Restart(string? system)
    {
        System = system;
        _messages.Clear();
        if (system is not null)
            _messages.Add(new ChatMessage("system", system));
    }

    /// <summary>Streams the answer to a message; a turn that fails is dropped with a sentence.</summary>
    public void Ask(string message)
    {
        _messages.Add(new ChatMessage("user", message));
        string? answer = null;
        try
        {
            answer = Answer();
        }
        catch (Exception e) when (e is OutOfCapacityException or ChatTemplateException or CommandException)
        {
            terminal.Error.WriteLine($"{e.Message} The message was dropped.");
        }

        if (answer is null)
            _messages.RemoveAt(_messages.Count - 1);
        else
            _messages.Add(new ChatMessage("assistant", answer));
    }

    /// <summary>The text of the answer, also of one that was stopped; null when nothing came.</summary>
    private string? Answer()
    {
        GenerationRequest asked = Fit(request(model.EncodeChat(_messages)));
        var answer = new CollectedAnswer(tokenizer: null);
        try
        {
            foreach (AnswerPiece piece in model.Stream(asked, terminal.Interrupts.Token))
            {
                answer.Add(piece);
                terminal.Output.Write(piece.Text);
                terminal.Output.Flush();
            }
        }
        catch (OperationCanceledException)
        {
            terminal.Interrupts.Reset();
        }

        terminal.Output.WriteLine();
        terminal.Output.Flush();
        return answer.Text.Length > 0 ? answer.Text : null;
    }

    /// <summary>Cuts the longest answer to the room that the conversation leaves.</summary>
    private GenerationRequest Fit(GenerationRequest asked)
    {
        int room = model.Config.ContextLength - asked.PromptIds.Length;
        return room >= 1
            ? asked with { MaxTokens = Math.Min(asked.MaxTokens, room) }
            : throw new OutOfCapacityException($"context: the conversation has {asked.PromptIds.Length:N0} tokens, "
                + $"but the model has a context of {model.Config.ContextLength:N0} tokens and the answer needs room "
                + "too. Start again with /reset, or write less.");
    }
}
