using System.Text.Json;
using Puna.Runtime;

namespace Puna.Tools;

/// <summary>Messages as chat templates take them.</summary>
internal static class Conversation
{
    /// <summary>An array of objects with <c>role</c> and <c>content</c>.</summary>
    public static JsonElement ToJson(IEnumerable<ChatMessage> messages) => JsonSerializer.SerializeToElement(messages);
}
