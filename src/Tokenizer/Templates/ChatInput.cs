using System.Collections.Frozen;
using System.Text.Json;

namespace Puna.Tokenizer.Templates;

/// <summary>What a chat template renders.</summary>
/// <remarks>
/// Values are given to the template as the client wrote them: key order, and numbers as Python would spell them.
/// A template sees <c>tools</c> and <c>documents</c> as none where they are not given, as with transformers.
/// </remarks>
public sealed record ChatInput
{
    /// <summary>The conversation: an array of objects with <c>role</c> and <c>content</c>.</summary>
    public required JsonElement Messages { get; init; }

    /// <summary>The functions the model may call: an array; null when there are none.</summary>
    public JsonElement? Tools { get; init; }

    /// <summary>Whether the prompt ends with the opening of the assistant's turn.</summary>
    /// <value>True.</value>
    public bool AddGenerationPrompt { get; init; } = true;

    /// <summary>The text of the token that begins a sequence; null leaves <c>bos_token</c> undefined.</summary>
    public string? BosToken { get; init; }

    /// <summary>The text of the token that ends a sequence; null leaves <c>eos_token</c> undefined.</summary>
    public string? EosToken { get; init; }

    /// <summary>
    /// Further variables by name, such as <c>date_string</c>, <c>tools_in_user_message</c>, <c>builtin_tools</c> or
    /// <c>enable_thinking</c>. They may not be called like a property above. Their text is data, like a message's.
    /// </summary>
    /// <value>None.</value>
    public IReadOnlyDictionary<string, JsonElement> Variables { get; init; } =
        FrozenDictionary<string, JsonElement>.Empty;
}
