using System.Text.Json.Serialization;

namespace Puna.Runtime;

/// <summary>One turn of a conversation.</summary>
/// <param name="Role">Who speaks: <c>system</c>, <c>user</c>, <c>assistant</c> or <c>tool</c>.</param>
/// <param name="Content">What is said.</param>
public sealed record ChatMessage(
    [property: JsonPropertyName("role")] string Role,
    [property: JsonPropertyName("content")] string Content);

[JsonSerializable(typeof(IEnumerable<ChatMessage>))]
internal sealed partial class ChatMessageJson : JsonSerializerContext;
