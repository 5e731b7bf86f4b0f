using System.Collections.Immutable;

namespace Puna.Gguf;

/// <summary>A tensor of a GGUF file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Type of its elements.</param>
/// <param name="Shape">Its dimensions, rows first; the file lists them the other way round.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Write">Writes exactly so many bytes.</param>
internal sealed record GgufTensor(
    string Name, GgufType Type, ImmutableArray<long> Shape, long Bytes, Action<Stream> Write);
