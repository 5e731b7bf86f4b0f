namespace Puna.Tokenizer;

/// <summary>A piece of a rendered prompt.</summary>
/// <param name="Text">The text.</param>
/// <param name="IsTrusted">
/// Whether the template itself wrote it. Only in trusted text is a special token's name that token; in text that
/// came from a message it is ordinary text, so that a user can never write a control token.
/// </param>
public readonly record struct PromptSegment(string Text, bool IsTrusted);
