using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Puna.Runtime.Loading;

/// <summary>
/// A safetensors file on disk whose header was read and checked; its data is read when asked for. Nothing stays open.
/// </summary>
public sealed class SafetensorsFile
{
    private SafetensorsFile(string path, SafetensorsTable table)
    {
        Path = path;
        Name = System.IO.Path.GetFileName(path);
        Table = table;
    }

    /// <summary>Full path of the file.</summary>
    public string Path { get; }

    /// <summary>The file's name without its folder, as messages give it.</summary>
    public string Name { get; }

    /// <summary>The tensors.</summary>
    public SafetensorsTable Table { get; }

    /// <summary>Reads and checks the header; takes as long for a large file as for a small one.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="mode">How closely the format's text is followed.</param>
    /// <exception cref="ModelFormatException">The file breaks a rule of the format.</exception>
    /// <exception cref="IOException">The file is not there or cannot be read.</exception>
    public static SafetensorsFile Open(string path, SafetensorsMode mode = SafetensorsMode.Strict)
    {
        path = System.IO.Path.GetFullPath(path);
        string name = System.IO.Path.GetFileName(path);

        // Opening a pipe would wait for its writer; pipes and devices have the length 0.
        long length = RealPath.File(path).Length;
        Span<byte> prefix = stackalloc byte[8];
        if (length < 8)
            SafetensorsHeader.CheckLength(prefix, length, name);
        using SafeFileHandle handle = File.OpenHandle(path);
        ReadFully(handle, prefix, 0, name);
        byte[] header = new byte[SafetensorsHeader.CheckLength(prefix, length, name)];
        ReadFully(handle, header, 8, name);
        return new SafetensorsFile(path, SafetensorsHeader.Parse(header, length, mode, name));
    }

    /// <summary>The tensor with this name.</summary>
    /// <exception cref="ModelFormatException">The file has no such tensor.</exception>
    public SafetensorsEntry Find(string tensor) => Table.Find(tensor) ?? throw new ModelFormatException(
        $"{Name}: tensor {Quoted.Name(tensor)} was asked for, but the file does not hold it. It holds "
        + $"{Table.Entries.Length} other tensors.");

    /// <summary>Reads a floating-point tensor as F32, row-major; F64 is rounded, the others are exact.</summary>
    /// <param name="tensor">Name of an F32, BF16, F16 or F64 tensor.</param>
    /// <exception cref="ModelFormatException">No such tensor, or one of another type.</exception>
    public float[] ReadF32(string tensor)
    {
        SafetensorsEntry entry = Find(tensor);
        byte[] bytes = ReadBytes(entry);
        float[] values = new float[entry.Length];
        switch (entry.DType)
        {
            case SafetensorsDType.F64:
                ReadOnlySpan<double> wide = MemoryMarshal.Cast<byte, double>(bytes);
                for (int i = 0; i < values.Length; i++)
                    values[i] = (float)wide[i];
                return values;
            case SafetensorsDType.F32 or SafetensorsDType.BF16 or SafetensorsDType.F16:
                WideFloats.Widen(bytes, entry.DType, values);
                return values;
            default:
                throw Unreadable(entry, "F32, BF16, F16 or F64");
        }
    }

    /// <summary>Reads an integer tensor, row-major.</summary>
    /// <param name="tensor">Name of an I64 or I32 tensor.</param>
    /// <exception cref="ModelFormatException">No such tensor, or one of another type.</exception>
    public long[] ReadI64(string tensor)
    {
        SafetensorsEntry entry = Find(tensor);
        return entry.DType switch
        {
            SafetensorsDType.I64 => MemoryMarshal.Cast<byte, long>(ReadBytes(entry)).ToArray(),
            SafetensorsDType.I32 => [.. MemoryMarshal.Cast<byte, int>(ReadBytes(entry))],
            _ => throw Unreadable(entry, "I64 or I32"),
        };
    }

    /// <summary>Reads an integer tensor whose values fit 32 bits, row-major.</summary>
    /// <param name="tensor">Name of an I64 or I32 tensor.</param>
    /// <exception cref="ModelFormatException">
    /// No such tensor, one of another type, or a value that does not fit.
    /// </exception>
    public int[] ReadI32(string tensor)
    {
        long[] wide = ReadI64(tensor);
        int[] values = new int[wide.Length];
        for (int i = 0; i < wide.Length; i++)
        {
            values[i] = wide[i] is >= int.MinValue and <= int.MaxValue
                ? (int)wide[i]
                : throw new ModelFormatException(
                    $"{Name}: element {i} of tensor {Quoted.Name(tensor)} is {wide[i]}, but it was expected to fit "
                    + "32 bits.");
        }

        return values;
    }

    /// <summary>Reads a tensor's bytes as they are stored.</summary>
    /// <param name="entry">A tensor of this file, of less than 2³¹ bytes.</param>
    /// <exception cref="ModelFormatException">The tensor is larger, or the file has become shorter.</exception>
    public byte[] ReadBytes(SafetensorsEntry entry)
    {
        CheckEndianness();
        if (entry.Bytes > Array.MaxLength)
        {
            throw new ModelFormatException(
                $"{Name}: tensor {Quoted.Name(entry.Name)} has {entry.Bytes} bytes, but an array holds at most "
                + $"{Array.MaxLength}. Read it in pieces.");
        }

        byte[] bytes = new byte[entry.Bytes];
        using SafeFileHandle handle = OpenHandle();
        ReadFully(handle, bytes, Table.DataStart + entry.Begin, Name);
        return bytes;
    }

    /// <summary>
    /// Opens the file for reading after making sure that it still has the length its header was checked with.
    /// </summary>
    internal SafeFileHandle OpenHandle()
    {
        SafeFileHandle handle = File.OpenHandle(Path, options: FileOptions.RandomAccess);
        long length = RandomAccess.GetLength(handle);
        if (length == Table.FileLength)
            return handle;
        handle.Dispose();
        throw new ModelFormatException(
            $"{Name}: the file has {length} bytes, but had {Table.FileLength} when its header was read. Load the "
            + "model again when nothing writes to it.");
    }

    /// <summary>Fills <paramref name="bytes"/> from byte <paramref name="offset"/> of the file on.</summary>
    internal static void ReadFully(SafeFileHandle handle, Span<byte> bytes, long offset, string name)
    {
        while (bytes.Length > 0)
        {
            int count = RandomAccess.Read(handle, bytes, offset);
            if (count == 0)
            {
                throw new ModelFormatException(
                    $"{name}: the file ends at byte {offset}, but {bytes.Length} more bytes were expected (it was "
                    + "longer when it was opened). Load the model again when nothing writes to it.");
            }

            bytes = bytes[count..];
            offset += count;
        }
    }

    /// <summary>Refuses machines on which the bytes of a number are in the other order.</summary>
    internal static void CheckEndianness()
    {
        if (!BitConverter.IsLittleEndian)
        {
            throw new PlatformNotSupportedException(
                "safetensors: this machine is big-endian, but the format's numbers are little-endian and are used "
                + "as stored.");
        }
    }

    private ModelFormatException Unreadable(SafetensorsEntry entry, string expected) => new(
        $"{Name}: tensor {Quoted.Name(entry.Name)} is {entry.DType.Name()}, but {expected} was expected.");
}
