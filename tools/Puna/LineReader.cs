namespace Puna.Tools;

/// <summary>Reads what is typed, and hears Ctrl-C while it waits.</summary>
/// <param name="terminal">What is typed into.</param>
/// <param name="invite">Called before each wait, with whether a person types.</param>
internal sealed class LineReader(Terminal terminal, Action<bool> invite)
{
    private Task<string?>? _reading;   // outlives a wait that Ctrl-C ended

    /// <summary>The end came by Ctrl-C.</summary>
    public bool IsInterrupted { get; private set; }

    /// <summary>The next line; null at the end of the input, or after a second Ctrl-C in one wait.</summary>
    public string? Read()
    {
        invite(terminal.IsInputTerminal);
        for (int interrupts = 0; ; interrupts++)
        {
            _reading ??= Task.Run(terminal.Input.ReadLine);
            try
            {
                _reading.Wait(terminal.Interrupts.Token);
                string? line = _reading.GetAwaiter().GetResult();
                _reading = null;
                return line;
            }
            catch (OperationCanceledException)
            {
                terminal.Interrupts.Reset();
                IsInterrupted = interrupts > 0;
                if (IsInterrupted)
                    return null;
                terminal.Error.WriteLine();
                terminal.Error.WriteLine("Ctrl-C again leaves.");
                invite(terminal.IsInputTerminal);
            }
        }
    }
}
