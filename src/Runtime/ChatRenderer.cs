using Puna.Runtime.Loading;
using Puna.Tokenizer;
using Puna.Tokenizer.Templates;

namespace Puna.Runtime;

/// <summary>Renders a conversation with a model's template and tokens; needs no weights.</summary>
public static class ChatRenderer
{
    /// <summary>The segments of a rendered conversation.</summary>
    /// <param name="tokenizer">Gives the begin-of-text token's name, where neither the input nor the names do.</param>
    /// <param name="names">The names of the tokens that the input does not name.</param>
    /// <param name="template">The template.</param>
    /// <param name="input">Messages, tools and template variables.</param>
    /// <param name="clock">What a template that writes today's date asks.</param>
    /// <exception cref="ChatTemplateException">The template refuses the conversation.</exception>
    public static IReadOnlyList<PromptSegment> Render(
        BpeTokenizer tokenizer, TokenNames names, ChatTemplate template, ChatInput input, TimeProvider clock)
    {
        string? bos = input.BosToken ?? names.Bos
            ?? (tokenizer.BosId is { } id ? tokenizer.Decode([id], SpecialTokenRendering.Keep) : null);
        return template.Render(input with { BosToken = bos, EosToken = input.EosToken ?? names.Eos }, clock);
    }
}
