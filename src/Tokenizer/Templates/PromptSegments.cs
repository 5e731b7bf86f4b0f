namespace Puna.Tokenizer.Templates;

/// <summary>Reads a rendered prompt.</summary>
public static class PromptSegments
{
    /// <summary>The plain text of a prompt, in which trusted and untrusted text can no longer be told apart.</summary>
    /// <param name="segments">What <see cref="ChatTemplate.Render"/> gave.</param>
    public static string ToText(this IReadOnlyList<PromptSegment> segments) =>
        string.Concat(segments.Select(s => s.Text));
}
