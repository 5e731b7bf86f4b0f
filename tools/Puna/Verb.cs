using System.CommandLine;

namespace Puna.Tools;

/// <summary>A verb of the command line.</summary>
/// <param name="Command">Its arguments, and what they start.</param>
/// <param name="Examples">Ends its help: commands that work, indented by two spaces.</param>
internal sealed record Verb(Command Command, string Examples);
