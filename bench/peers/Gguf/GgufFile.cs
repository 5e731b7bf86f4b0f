using System.Collections.Immutable;
using System.Text;

namespace Puna.Gguf;

/// <summary>
/// A GGUF file, version 3: magic, counts, metadata, the list of tensors, and their data, each at a multiple of 32 bytes.
/// </summary>
/// <param name="Metadata">
/// Keys with their values, in order: <see cref="uint"/>, <see cref="float"/>, <see cref="string"/>, or an array of the
/// last two.
/// </param>
/// <param name="Tensors">The tensors in the order of their data.</param>
internal sealed record GgufFile(
    ImmutableArray<(string Key, object Value)> Metadata, ImmutableArray<GgufTensor> Tensors)
{
    /// <summary>Data begins at multiples of this; the format's default, so that no key has to say it.</summary>
    public const int Alignment = 32;

    private const uint Version = 3;

    /// <summary>Writes the file.</summary>
    /// <param name="stream">Where to; it is written from front to back.</param>
    /// <exception cref="InvalidOperationException">A tensor wrote more or fewer bytes than it said.</exception>
    public void Write(Stream stream)
    {
        byte[] header = Header();
        stream.Write(header);
        Pad(stream, header.Length);
        foreach (GgufTensor tensor in Tensors)
        {
            long start = stream.Position;
            tensor.Write(stream);
            if (stream.Position - start != tensor.Bytes)
            {
                throw new InvalidOperationException($"{tensor.Name}: {stream.Position - start} bytes were written, but "
                    + $"{tensor.Bytes} were announced.");
            }

            Pad(stream, tensor.Bytes);
        }
    }

    private byte[] Header()
    {
        MemoryStream bytes = new();
        using BinaryWriter writer = new(bytes);   // little-endian on every machine
        writer.Write("GGUF"u8);
        writer.Write(Version);
        writer.Write((ulong)Tensors.Length);
        writer.Write((ulong)Metadata.Length);
        foreach ((string key, object value) in Metadata)
            WriteEntry(writer, key, value);

        long offset = 0;
        foreach (GgufTensor tensor in Tensors)
        {
            WriteText(writer, tensor.Name);
            writer.Write(tensor.Shape.Length);
            foreach (long size in tensor.Shape.Reverse())
                writer.Write(size);
            writer.Write((uint)tensor.Type);
            writer.Write(offset);
            offset += tensor.Bytes + Gap(tensor.Bytes);
        }

        writer.Flush();
        return bytes.ToArray();
    }

    private static void WriteEntry(BinaryWriter writer, string key, object value)
    {
        const uint UInt32 = 4, Float32 = 6, Text = 8, Array = 9;
        WriteText(writer, key);
        switch (value)
        {
            case uint number:
                writer.Write(UInt32);
                writer.Write(number);
                break;
            case float number:
                writer.Write(Float32);
                writer.Write(number);
                break;
            case string text:
                writer.Write(Text);
                WriteText(writer, text);
                break;
            case float[] numbers:
                writer.Write(Array);
                writer.Write(Float32);
                writer.Write((ulong)numbers.Length);
                foreach (float number in numbers)
                    writer.Write(number);
                break;
            case string[] texts:
                writer.Write(Array);
                writer.Write(Text);
                writer.Write((ulong)texts.Length);
                foreach (string text in texts)
                    WriteText(writer, text);
                break;
            default:
                throw new ArgumentException($"{key}: the value is a {value.GetType().Name}, but uint, float, string or an "
                    + "array of the last two was expected.", nameof(value));
        }
    }

    private static void WriteText(BinaryWriter writer, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }

    private static void Pad(Stream stream, long length) => stream.Write(new byte[Gap(length)]);

    private static long Gap(long length) => (Alignment - length % Alignment) % Alignment;
}
