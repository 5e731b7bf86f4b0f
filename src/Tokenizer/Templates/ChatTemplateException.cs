namespace Puna.Tokenizer.Templates;

/// <summary>A chat template that cannot be read, cannot render its input, or refuses it.</summary>
public sealed class ChatTemplateException : Exception
{
    /// <summary>A fault at a place in a template.</summary>
    /// <param name="templateName">The name the template was parsed with.</param>
    /// <param name="line">One-based line, or 0 where the fault has none, as in a file that is not JSON.</param>
    /// <param name="problem">What is wrong, as a sentence.</param>
    /// <param name="templateMessage">The argument of <c>raise_exception</c>, where the template itself refused.</param>
    public ChatTemplateException(string templateName, int line, string problem, string? templateMessage = null)
        : base(line > 0 ? $"{templateName}, line {line}: {problem}" : $"{templateName}: {problem}")
    {
        TemplateName = templateName;
        Line = line;
        TemplateMessage = templateMessage;
    }

    /// <summary>The name the template was parsed with.</summary>
    public string TemplateName { get; }

    /// <summary>One-based line of the template, or 0 where the fault has none.</summary>
    public int Line { get; }

    /// <summary>
    /// What the template said with <c>raise_exception</c>, word for word; null for every other fault.
    /// </summary>
    public string? TemplateMessage { get; }
}
