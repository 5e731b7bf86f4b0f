namespace Puna.Tokenizer.Templates;

/// <summary>
/// What a template may use at most: templates come with models, and are not trusted to end by themselves.
/// </summary>
/// <remarks>Reaching a limit is a <see cref="ChatTemplateException"/> that names it.</remarks>
public sealed record TemplateLimits
{
    /// <summary>
    /// Units of work of one rendering: an expression or statement, a list element, 16 characters of text.
    /// </summary>
    /// <value>10,000,000: at most a second or two; a conversation of 1,000 messages takes about 100,000.</value>
    public long MaxSteps { get; init; } = 10_000_000;

    /// <summary>Nesting of expressions, blocks, macro calls and values.</summary>
    /// <value>200; published templates stay below 40.</value>
    public int MaxDepth { get; init; } = 200;

    /// <summary>UTF-16 units of the output, and of every string on the way to it.</summary>
    /// <value>4,194,304: about a million tokens.</value>
    public int MaxCharacters { get; init; } = 4 * 1024 * 1024;
}
