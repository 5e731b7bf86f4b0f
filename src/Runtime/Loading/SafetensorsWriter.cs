using System.Buffers;
using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Puna.Runtime.Loading;

/// <summary>
/// Writes safetensors files: tensors from the largest alignment down, then by name; the header padded with spaces to a
/// multiple of 8. The file appears complete or not at all.
/// </summary>
public static class SafetensorsWriter
{
    private const int HeaderAlignment = 8;

    /// <summary>Writes the file; an old one is replaced only when the new one is complete.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="tensors">The tensors, in any order; no name twice.</param>
    /// <param name="metadata">Text for <c>__metadata__</c>, or nothing.</param>
    /// <exception cref="ArgumentException">
    /// A name occurs twice, or is <c>__metadata__</c>; the header is too long.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// A tensor's writer wrote another number of bytes than its shape gives.
    /// </exception>
    public static void Write(
        string path, IReadOnlyList<TensorSource> tensors, IReadOnlyDictionary<string, string>? metadata = null) =>
        Write(path, tensors, metadata, HeaderAlignment);

    /// <inheritdoc cref="Write(string, IReadOnlyList{TensorSource}, IReadOnlyDictionary{string, string}?)"/>
    /// <param name="path">Path of the file.</param>
    /// <param name="tensors">The tensors, in any order; no name twice.</param>
    /// <param name="metadata">Text for <c>__metadata__</c>, or nothing.</param>
    /// <param name="alignment">The data begin at a multiple of this: of 8.</param>
    internal static void Write(string path, IReadOnlyList<TensorSource> tensors,
        IReadOnlyDictionary<string, string>? metadata, int alignment)
    {
        TensorSource[] sorted = [.. tensors
            .OrderByDescending(t => t.DType)
            .ThenBy(t => t.Name, StringComparer.Ordinal)];
        byte[] header = Header(sorted, metadata, alignment);

        path = Path.GetFullPath(path);
        string partial = $"{path}.{Environment.ProcessId}.part";   // beside the target: a rename cannot cross disks
        try
        {
            using (var stream = new FileStream(partial, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16))
            {
                stream.Write(header);
                foreach (TensorSource tensor in sorted)
                    WriteTensor(stream, tensor);
                stream.Flush(flushToDisk: true);
            }

            File.Move(partial, path, overwrite: true);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    }

    private static void WriteTensor(FileStream stream, TensorSource tensor)
    {
        long start = stream.Position;
        tensor.Write(stream);
        if (stream.Position - start != tensor.Bytes)
        {
            throw new InvalidOperationException(
                $"SafetensorsWriter: tensor '{tensor.Name}' wrote {stream.Position - start} bytes, "
                + $"{tensor.DType.Name()} {Quoted.Shape(tensor.Shape)} has {tensor.Bytes}.");
        }
    }

    private static byte[] Header(
        TensorSource[] tensors, IReadOnlyDictionary<string, string>? metadata, int alignment)
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json, new JsonWriterOptions
        {
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,   // no page of the web will hold it
        }))
        {
            writer.WriteStartObject();
            if (metadata is not null)
            {
                writer.WriteStartObject("__metadata__");
                foreach ((string key, string value) in metadata.OrderBy(m => m.Key, StringComparer.Ordinal))
                    writer.WriteString(key, value);
                writer.WriteEndObject();
            }

            WriteEntries(writer, tensors);
            writer.WriteEndObject();
        }

        int length = (8 + json.WrittenCount + alignment - 1) / alignment * alignment - 8;
        if (length > SafetensorsTable.MaxHeaderBytes)
        {
            throw new ArgumentException(
                $"SafetensorsWriter: the header has {length} bytes, at most {SafetensorsTable.MaxHeaderBytes} are "
                + "allowed.",
                nameof(tensors));
        }

        byte[] header = new byte[8 + length];
        BinaryPrimitives.WriteInt64LittleEndian(header, length);
        header.AsSpan(8).Fill((byte)' ');
        json.WrittenSpan.CopyTo(header.AsSpan(8));
        return header;
    }

    private static void WriteEntries(Utf8JsonWriter writer, TensorSource[] tensors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal) { "__metadata__" };
        long begin = 0;
        foreach (TensorSource tensor in tensors)
        {
            if (!names.Add(tensor.Name))
                throw new ArgumentException($"SafetensorsWriter: '{tensor.Name}' is already taken.", nameof(tensors));
            writer.WriteStartObject(tensor.Name);
            writer.WriteString("dtype", tensor.DType.Name());
            writer.WriteStartArray("shape");
            foreach (long dimension in tensor.Shape)
                writer.WriteNumberValue(dimension);
            writer.WriteEndArray();
            writer.WriteStartArray("data_offsets");
            writer.WriteNumberValue(begin);
            begin = checked(begin + tensor.Bytes);
            writer.WriteNumberValue(begin);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
    }
}
