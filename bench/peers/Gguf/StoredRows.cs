using System.Runtime.InteropServices;
using Puna.Kernels;
using Puna.Runtime.Loading;

namespace Puna.Gguf;

/// <summary>The rows of a matrix in a checkpoint, widened to F32 one at a time.</summary>
/// <param name="source">A matrix of F32, BF16 or F16; all of its bytes are read.</param>
internal sealed class StoredRows(CheckpointTensor source)
{
    private readonly byte[] _bytes = source.File.ReadBytes(source.Entry);

    /// <summary>Rows.</summary>
    public int Count { get; } = checked((int)source.Entry.Shape[0]);

    /// <summary>Elements of a row.</summary>
    public int Cols { get; } = checked((int)source.Entry.Shape[1]);

    /// <summary>Reads a row; exact.</summary>
    /// <param name="row">Which.</param>
    /// <param name="values">Its values, <c>[cols]</c>.</param>
    public void Read(int row, Span<float> values)
    {
        int size = source.Entry.DType.Bits() / 8;
        ReadOnlySpan<byte> bytes = _bytes.AsSpan(checked(row * Cols * size), Cols * size);
        switch (source.Entry.DType)
        {
            case SafetensorsDType.F32:
                bytes.CopyTo(MemoryMarshal.AsBytes(values));
                break;
            case SafetensorsDType.F16:
                ReadOnlySpan<Half> halves = MemoryMarshal.Cast<byte, Half>(bytes);
                for (int i = 0; i < Cols; i++)
                    values[i] = (float)halves[i];
                break;
            case SafetensorsDType.BF16:
                ReadOnlySpan<ushort> upper = MemoryMarshal.Cast<byte, ushort>(bytes);
                for (int i = 0; i < Cols; i++)
                    values[i] = DTypes.WidenBF16(upper[i]);
                break;
            default:
                throw new ModelFormatException($"{source.File.Name}: tensor '{source.Entry.Name}' is "
                    + $"{source.Entry.DType.Name()}, but F32, BF16 or F16 was expected.");
        }
    }
}
