namespace Puna.Tools.Tests;

/// <summary>An output that presses Ctrl-C when a text has come.</summary>
/// <param name="interrupts">What hears it.</param>
/// <param name="after">The text; each time that it ends the output.</param>
internal sealed class PressingWriter(Interrupts interrupts, string after) : StringWriter
{
    /// <inheritdoc/>
    public override void Flush()
    {
        if (ToString().EndsWith(after, StringComparison.Ordinal))
            interrupts.Raise();
    }
}
