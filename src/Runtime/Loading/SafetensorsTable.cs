using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Puna.Runtime.Loading;

/// <summary>One tensor of a safetensors file.</summary>
/// <param name="Name">Its name; any text, never used as a path.</param>
/// <param name="DType">Type of its elements.</param>
/// <param name="Shape">
/// Its dimensions; none for a scalar. In <see cref="SafetensorsMode.Lenient"/> a dimension beside a zero may be larger
/// than 2⁶³ − 1 and is then given as 2⁶³ − 1.
/// </param>
/// <param name="Begin">First byte, from the start of the data.</param>
/// <param name="End">Byte after the last, from the start of the data.</param>
public sealed record SafetensorsEntry(
    string Name, SafetensorsDType DType, ImmutableArray<long> Shape, long Begin, long End)
{
    /// <summary>Size in bytes.</summary>
    public long Bytes => End - Begin;

    /// <summary>Number of elements.</summary>
    public long Length => Bytes / DType.Bits() * 8 + Bytes % DType.Bits() * 8 / DType.Bits();
}

/// <summary>What a safetensors file says that is read but should not be there.</summary>
public enum SafetensorsWarningKind
{
    /// <summary>An entry has a field that the format does not know.</summary>
    UnknownField,

    /// <summary><c>__metadata__</c> is null.</summary>
    NullMetadata,
}

/// <summary>A remark on a file that was accepted; at most one of each kind.</summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Message">A sentence with the file's name.</param>
public readonly record struct SafetensorsWarning(SafetensorsWarningKind Kind, string Message);

/// <summary>
/// The header of a safetensors file after every check: the tensors lie one after another, from the start of the data
/// to the end of the file, and each has the size that its shape and dtype give.
/// </summary>
public sealed class SafetensorsTable
{
    /// <summary>The longest header that is read, in bytes.</summary>
    public const int MaxHeaderBytes = 100_000_000;

    private readonly FrozenDictionary<string, SafetensorsEntry> _byName;

    internal SafetensorsTable(
        ImmutableArray<SafetensorsEntry> entries, IReadOnlyDictionary<string, string> metadata,
        ImmutableArray<SafetensorsWarning> warnings, long dataStart, long fileLength)
    {
        Entries = entries;
        Metadata = metadata;
        Warnings = warnings;
        DataStart = dataStart;
        FileLength = fileLength;
        _byName = entries.ToFrozenDictionary(e => e.Name, StringComparer.Ordinal);
    }

    /// <summary>The tensors in the order of their bytes.</summary>
    public ImmutableArray<SafetensorsEntry> Entries { get; }

    /// <summary>The file's <c>__metadata__</c>; empty when it has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Remarks on what was accepted.</summary>
    public ImmutableArray<SafetensorsWarning> Warnings { get; }

    /// <summary>Byte of the file at which the data starts.</summary>
    public long DataStart { get; }

    /// <summary>Length of the file in bytes.</summary>
    public long FileLength { get; }

    /// <summary>The tensor with this name, or null.</summary>
    public SafetensorsEntry? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Reads the header of a safetensors file and checks it, in the reference parser's order.</summary>
    /// <param name="start">The file's first bytes: at least 8 and the header, or all of a file that is shorter.</param>
    /// <param name="fileLength">Length of the whole file in bytes.</param>
    /// <param name="mode">How closely the format's text is followed.</param>
    /// <param name="where">The file's name, for messages.</param>
    /// <exception cref="ModelFormatException">The file breaks a rule; its <c>Error</c> says which.</exception>
    /// <exception cref="ArgumentException">
    /// The file is longer than the bytes given, and they end in the header.
    /// </exception>
    public static SafetensorsTable Parse(
        ReadOnlySpan<byte> start, long fileLength, SafetensorsMode mode = SafetensorsMode.Strict,
        string where = "safetensors")
    {
        int headerBytes = SafetensorsHeader.CheckLength(start, fileLength, where);
        if (start.Length - 8 < headerBytes)
        {
            throw new ArgumentException(
                $"SafetensorsTable: {start.Length} bytes were given, header and its length have {headerBytes + 8L}.",
                nameof(start));
        }

        return SafetensorsHeader.Parse(start.Slice(8, headerBytes), fileLength, mode, where);
    }
}
