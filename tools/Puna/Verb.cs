using System.Collections.Immutable;
using System.CommandLine;

namespace Puna.Tools;

/// <summary>A verb of the command line.</summary>
/// <param name="Command">Its arguments, and what they start.</param>
/// <param name="Examples">Ends its help: commands that work, indented by two spaces.</param>
internal sealed record Verb(Command Command, string Examples)
{
    /// <summary>Its own verbs, as in <c>puna ptx check</c>; they are part of <see cref="Command"/>.</summary>
    /// <value>None by default.</value>
    public ImmutableArray<Verb> Parts { get; init; } = [];
}
