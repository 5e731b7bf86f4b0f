using System.Diagnostics.CodeAnalysis;

namespace Puna.Tools;

/// <summary>Ctrl-C as a token that can be used again: a chat outlives an answer that was stopped.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A source without timer or links holds nothing to be freed.")]
internal sealed class Interrupts
{
    private CancellationTokenSource _source = new();

    /// <summary>Cancelled by the next Ctrl-C, or by one since the last <see cref="Reset"/>.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Ctrl-C was pressed.</summary>
    public void Raise() => _source.Cancel();

    /// <summary>What was raised is dealt with.</summary>
    public void Reset()
    {
        if (_source.IsCancellationRequested)
            _source = new CancellationTokenSource();
    }
}
