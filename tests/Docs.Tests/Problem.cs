namespace Puna.Docs.Tests;

/// <summary>Something a document says that is not so.</summary>
/// <param name="File">Relative to the repository.</param>
/// <param name="Line">From 1.</param>
/// <param name="Text">What is wrong.</param>
public sealed record Problem(string File, int Line, string Text)
{
    public override string ToString() => $"{File}:{Line}: {Text}";
}
