using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Unicode;

namespace Puna.Runtime.Loading;

/// <summary>An entry as the header says it, before any check of its numbers.</summary>
internal readonly record struct RawEntry(
    string Name, SafetensorsDType DType, ImmutableArray<ulong> Shape, ulong Begin, ulong End);

/// <summary>
/// Reads the JSON of a safetensors header token by token, because a document model hides duplicates and rounds numbers.
/// </summary>
internal ref struct SafetensorsHeader
{
    // The reference parser stops at this depth too; it shows only in fields that nobody reads.
    private const int MaxDepth = 127;

    private readonly SafetensorsMode _mode;
    private readonly string _where;
    private readonly Dictionary<string, RawEntry> _entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);
    private Utf8JsonReader _reader;
    private bool _hasMetadata;
    private bool _hasNullMetadata;
    private string? _unknownField;
    private long _unknownFieldCount;

    private SafetensorsHeader(ReadOnlySpan<byte> header, SafetensorsMode mode, string where)
    {
        _mode = mode;
        _where = where;
        _reader = new Utf8JsonReader(header, new JsonReaderOptions { MaxDepth = MaxDepth });
    }

    /// <summary>Checks the first 8 bytes against the file's length, and returns the length of the header.</summary>
    public static int CheckLength(ReadOnlySpan<byte> start, long fileLength, string where)
    {
        if (fileLength < 8 || start.Length < 8)
        {
            string what = fileLength == 0 ? "the file is empty (0 bytes)" : $"the file has {fileLength} bytes";
            throw new ModelFormatException(
                $"{where}: {what}, but a safetensors file starts with 8 bytes of header length. Download it again.",
                SafetensorsError.HeaderTooSmall);
        }

        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(start);
        if (length > SafetensorsTable.MaxHeaderBytes)
        {
            string advice = start[..8].SequenceEqual("version "u8)
                ? "This is a Git LFS pointer, not the file itself; run git lfs pull."
                : "It is damaged or not a safetensors file; download it again.";
            throw new ModelFormatException(
                $"{where}: the header length is {length}, but at most {SafetensorsTable.MaxHeaderBytes} bytes are "
                + $"allowed. {advice}",
                SafetensorsError.HeaderTooLarge);
        }

        if ((long)length > fileLength - 8)
        {
            throw new ModelFormatException(
                $"{where}: the header length is {length}, but only {fileLength - 8} bytes follow it. The file is "
                + "cut short or not a safetensors file; download it again.",
                SafetensorsError.InvalidHeaderLength);
        }

        return (int)length;
    }

    /// <summary>Reads the header and returns the checked table.</summary>
    public static SafetensorsTable Parse(
        ReadOnlySpan<byte> header, long fileLength, SafetensorsMode mode, string where)
    {
        if (!Utf8.IsValid(header))
        {
            throw new ModelFormatException(
                $"{where}: the header is not UTF-8, but a safetensors header is JSON in UTF-8. The file is damaged "
                + "or not a safetensors file; download it again.",
                SafetensorsError.InvalidHeader);
        }

        var parser = new SafetensorsHeader(header, mode, where);
        try
        {
            parser.ReadRoot();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)   // the latter: a lone surrogate
        {
            throw parser.Bad(Quoted.Line(e.Message), e);
        }

        if (mode == SafetensorsMode.Strict && header[0] != '{')
        {
            throw new ModelFormatException(
                $"{where}: the header starts with white space, but it must start with '{{'. "
                + "Write the file again, or read it in the lenient mode.",
                SafetensorsError.HeaderStart);
        }

        long dataStart = 8 + header.Length;
        var entries = SafetensorsLayout.Check([.. parser._entries.Values], fileLength - dataStart, mode, where);
        return new SafetensorsTable(entries, parser._metadata, parser.Warnings(), dataStart, fileLength);
    }

    private void ReadRoot()
    {
        Next();
        Expect(JsonTokenType.StartObject, "the header is not an object");
        for (Next(); _reader.TokenType != JsonTokenType.EndObject; Next())
        {
            string name = Text();
            Next();
            if (name == "__metadata__")
                ReadMetadata();
            else
                ReadEntry(name);
        }

        if (_reader.Read())
            throw Bad("something follows the object");
    }

    private void ReadMetadata()
    {
        // The reference parser holds it in a field, not in its map: twice is an error even where it is lenient.
        if (_hasMetadata)
            throw _mode == SafetensorsMode.Strict ? Duplicate("__metadata__") : Bad("'__metadata__' occurs twice");
        _hasMetadata = true;
        if (_reader.TokenType == JsonTokenType.Null)
        {
            _hasNullMetadata = true;
            return;
        }

        Expect(JsonTokenType.StartObject, "'__metadata__' is not an object");
        for (Next(); _reader.TokenType != JsonTokenType.EndObject; Next())
        {
            string key = Text();
            Next();
            Expect(JsonTokenType.String, $"'__metadata__' has {Quoted.Name(key)}, which is not a string");
            if (!_metadata.TryAdd(key, Text()))
            {
                RefuseDuplicate(key);
                _metadata[key] = Text();
            }
        }
    }

    private void ReadEntry(string name)
    {
        Expect(JsonTokenType.StartObject, $"tensor {Quoted.Name(name)} is not an object");
        SafetensorsDType? type = null;
        ImmutableArray<ulong>? shape = null, offsets = null;
        for (Next(); _reader.TokenType != JsonTokenType.EndObject; Next())
        {
            if (_reader.ValueTextEquals("dtype"u8))
            {
                RefuseSecond(name, "dtype", type is not null);
                type = ReadDType(name);
            }
            else if (_reader.ValueTextEquals("shape"u8))
            {
                RefuseSecond(name, "shape", shape is not null);
                shape = ReadNumbers(name, "shape");
            }
            else if (_reader.ValueTextEquals("data_offsets"u8))
            {
                RefuseSecond(name, "data_offsets", offsets is not null);
                offsets = ReadNumbers(name, "data_offsets");
            }
            else
            {
                _unknownField ??= $"tensor {Quoted.Name(name)} has the unknown field {Quoted.Name(Text())}";
                _unknownFieldCount++;
                Next();
                _reader.Skip();
            }
        }

        if (type is null || shape is null || offsets is null)
        {
            string missing = type is null ? "dtype" : shape is null ? "shape" : "data_offsets";
            throw Bad($"tensor {Quoted.Name(name)} lacks {missing}");
        }

        if (offsets.Value.Length != 2)
            throw Bad($"tensor {Quoted.Name(name)} has {offsets.Value.Length} data_offsets, not 2");
        var entry = new RawEntry(name, type.Value, shape.Value, offsets.Value[0], offsets.Value[1]);
        if (!_entries.TryAdd(name, entry))
        {
            RefuseDuplicate(name);
            _entries[name] = entry;
        }
    }

    private SafetensorsDType ReadDType(string name)
    {
        Next();
        Expect(JsonTokenType.String, $"the dtype of tensor {Quoted.Name(name)} is not a string");
        return SafetensorsDTypes.TryParse(Text(), out SafetensorsDType type)
            ? type
            : throw Bad($"tensor {Quoted.Name(name)} has the unknown dtype {Quoted.Name(Text())}");
    }

    private ImmutableArray<ulong> ReadNumbers(string name, string field)
    {
        Next();
        Expect(JsonTokenType.StartArray, $"{field} of tensor {Quoted.Name(name)} is not an array");
        var numbers = ImmutableArray.CreateBuilder<ulong>();
        for (Next(); _reader.TokenType != JsonTokenType.EndArray; Next())
        {
            if (_reader.TokenType != JsonTokenType.Number || !_reader.TryGetUInt64(out ulong number))
                throw Bad($"{field} of tensor {Quoted.Name(name)} holds something that is not an integer from 0 to "
                    + "2⁶⁴ − 1");
            numbers.Add(number);
        }

        return numbers.ToImmutable();
    }

    private ImmutableArray<SafetensorsWarning> Warnings()
    {
        var warnings = ImmutableArray.CreateBuilder<SafetensorsWarning>();
        if (_unknownField is not null)
        {
            warnings.Add(new SafetensorsWarning(SafetensorsWarningKind.UnknownField,
                $"{_where}: {_unknownField}{Quoted.AndMore(_unknownFieldCount)}; it is not used."));
        }

        if (_hasNullMetadata)
        {
            warnings.Add(new SafetensorsWarning(SafetensorsWarningKind.NullMetadata,
                $"{_where}: '__metadata__' is null, but it should be an object or absent."));
        }

        return warnings.ToImmutable();
    }

    private void Next()
    {
        if (!_reader.Read())
            throw Bad("the JSON ends too early");
    }

    // Never null: it is only called on names and strings.
    private readonly string Text() => _reader.GetString()!;

    private readonly void Expect(JsonTokenType type, string otherwise)
    {
        if (_reader.TokenType != type)
            throw Bad(otherwise);
    }

    private readonly void RefuseSecond(string name, string field, bool isSecond)
    {
        if (isSecond)
            throw Bad($"tensor {Quoted.Name(name)} has {field} twice");
    }

    private readonly void RefuseDuplicate(string name)
    {
        if (_mode == SafetensorsMode.Strict)
            throw Duplicate(name);
    }

    private readonly ModelFormatException Duplicate(string name) => new(
        $"{_where}: the header holds {Quoted.Name(name)} twice, but a name stands for one thing (two readers could "
        + "see two files). Write the file again, or read it in the lenient mode.",
        SafetensorsError.DuplicateKey);

    private readonly ModelFormatException Bad(string what, Exception? inner = null) => new(
        $"{_where}: the header is not valid ({what.TrimEnd('.')}), but a JSON object of tensors, each with dtype, "
        + "shape and data_offsets, was expected. The file is damaged or not a safetensors file; download it again.",
        SafetensorsError.InvalidHeaderDeserialization, inner);
}
