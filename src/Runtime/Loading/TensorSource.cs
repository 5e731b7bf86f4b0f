using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Puna.Kernels;

namespace Puna.Runtime.Loading;

/// <summary>A tensor to be written to a safetensors file.</summary>
/// <param name="Name">Its name in the file.</param>
/// <param name="DType">Type of its elements.</param>
/// <param name="Shape">Its dimensions; none for a scalar.</param>
/// <param name="Write">
/// Writes the elements, row-major and little-endian, to the stream it is given, in as many pieces as it likes; called
/// once, when the tensor's turn comes, so that a large tensor may be made while it is written.
/// </param>
public sealed record TensorSource(
    string Name, SafetensorsDType DType, ImmutableArray<long> Shape, Action<Stream> Write)
{
    /// <summary>Size in bytes.</summary>
    /// <exception cref="OverflowException">It does not fit 63 bits.</exception>
    public long Bytes
    {
        get
        {
            long bits = DType.Bits();
            foreach (long dimension in Shape)
                bits = checked(bits * dimension);
            return bits / 8;
        }
    }

    /// <summary>An F32 tensor.</summary>
    /// <param name="name">Its name in the file.</param>
    /// <param name="values">The elements, row-major; read when the file is written.</param>
    /// <param name="shape">Its dimensions.</param>
    public static TensorSource F32(string name, ReadOnlyMemory<float> values, params ReadOnlySpan<long> shape) =>
        new(name, SafetensorsDType.F32, [.. shape], s => WriteSpan(s, values.Span));

    /// <summary>A BF16 tensor: each value is rounded to the nearest BF16 number, ties to even.</summary>
    /// <param name="name">Its name in the file.</param>
    /// <param name="values">The elements, row-major; read when the file is written.</param>
    /// <param name="shape">Its dimensions.</param>
    public static TensorSource BF16(string name, ReadOnlyMemory<float> values, params ReadOnlySpan<long> shape) =>
        new(name, SafetensorsDType.BF16, [.. shape], s => WriteRounded(s, values.Span, DTypes.RoundToBF16));

    /// <summary>An F16 tensor: each value is rounded to the nearest F16 number, ties to even.</summary>
    /// <param name="name">Its name in the file.</param>
    /// <param name="values">The elements, row-major; read when the file is written.</param>
    /// <param name="shape">Its dimensions.</param>
    public static TensorSource F16(string name, ReadOnlyMemory<float> values, params ReadOnlySpan<long> shape) =>
        new(name, SafetensorsDType.F16, [.. shape], s => WriteRounded(s, values.Span, v => (Half)v));

    /// <summary>An I32 tensor.</summary>
    /// <param name="name">Its name in the file.</param>
    /// <param name="values">The elements, row-major; read when the file is written.</param>
    /// <param name="shape">Its dimensions.</param>
    public static TensorSource I32(string name, ReadOnlyMemory<int> values, params ReadOnlySpan<long> shape) =>
        new(name, SafetensorsDType.I32, [.. shape], s => WriteSpan(s, values.Span));

    /// <summary>An I64 tensor.</summary>
    /// <param name="name">Its name in the file.</param>
    /// <param name="values">The elements, row-major; read when the file is written.</param>
    /// <param name="shape">Its dimensions.</param>
    public static TensorSource I64(string name, ReadOnlyMemory<long> values, params ReadOnlySpan<long> shape) =>
        new(name, SafetensorsDType.I64, [.. shape], s => WriteSpan(s, values.Span));

    /// <summary>A tensor of kernels as it is stored; of any length.</summary>
    /// <param name="name">Its name in the file.</param>
    /// <param name="tensor">The elements; they stay the caller's and are read when the file is written.</param>
    public static TensorSource Of(string name, Tensor tensor) =>
        new(name, tensor.DType.ToSafetensors(), [tensor.Rows, tensor.Cols], s => WriteRows(s, tensor));

    private static void WriteRows(Stream stream, Tensor tensor)
    {
        int rowBytes = checked((int)(tensor.Cols * tensor.DType.ByteSize()));
        for (long row = 0; row < tensor.Rows; row++)
            stream.Write(tensor.Buffer.Span<byte>(tensor.Offset + row * rowBytes, rowBytes));
    }

    private static void WriteSpan<T>(Stream stream, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        SafetensorsFile.CheckEndianness();

        // A span of bytes has at most 2³¹ − 1 of them.
        const int Elements = 1 << 16;
        for (; values.Length > Elements; values = values[Elements..])
            stream.Write(MemoryMarshal.AsBytes(values[..Elements]));
        stream.Write(MemoryMarshal.AsBytes(values));
    }

    private static void WriteRounded<T>(Stream stream, ReadOnlySpan<float> values, Func<float, T> round)
        where T : unmanaged
    {
        T[] piece = new T[Math.Min(values.Length, 1 << 14)];
        while (values.Length > 0)
        {
            int count = Math.Min(values.Length, piece.Length);
            for (int i = 0; i < count; i++)
                piece[i] = round(values[i]);
            WriteSpan<T>(stream, piece.AsSpan(0, count));
            values = values[count..];
        }
    }
}
