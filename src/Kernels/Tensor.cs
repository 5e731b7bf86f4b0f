using System.Runtime.CompilerServices;
using Puna.Kernels.Cpu;

namespace Puna.Kernels;

/// <summary>A view of a row-major matrix in a buffer; a vector is one row. Views never free.</summary>
/// <param name="Buffer">Where the elements are.</param>
/// <param name="Offset">Byte of the first element.</param>
/// <param name="DType">Type of the elements.</param>
/// <param name="Rows">Number of rows.</param>
/// <param name="Cols">Elements per row; rows follow each other without a gap.</param>
public readonly record struct Tensor(HostBuffer Buffer, long Offset, DType DType, long Rows, long Cols)
{
    /// <summary>Number of elements.</summary>
    public long Length => Rows * Cols;

    /// <summary>Size in bytes.</summary>
    public long Bytes => Length * DType.ByteSize();

    /// <summary>Makes a tensor with a zeroed buffer of its own; whoever calls owns <see cref="Buffer"/>.</summary>
    public static Tensor Allocate(DType type, long rows, long cols) =>
        new(HostBuffer.Allocate(rows * cols * type.ByteSize()), 0, type, rows, cols);

    /// <summary>Row <paramref name="row"/>, as <typeparamref name="T"/>, which must have the size of <see cref="DType"/>.</summary>
    public Span<T> Row<T>(long row)
        where T : unmanaged
    {
        CheckType<T>();
        return Buffer.Span<T>(Offset + row * Cols * Unsafe.SizeOf<T>(), checked((int)Cols));
    }

    /// <summary>All elements; a tensor of more than 2³¹ − 1 elements is read by rows.</summary>
    public Span<T> Span<T>()
        where T : unmanaged
    {
        CheckType<T>();
        return Buffer.Span<T>(Offset, checked((int)Length));
    }

    /// <summary>A view of <paramref name="count"/> rows from <paramref name="first"/> on.</summary>
    public Tensor RowRange(long first, long count)
    {
        if (first < 0 || count < 0 || first > Rows - count)
            throw new ArgumentOutOfRangeException(nameof(first), $"Tensor: rows {first} to {first + count} of {Rows}.");
        return this with { Offset = Offset + first * Cols * DType.ByteSize(), Rows = count };
    }

    /// <summary>The same elements in a buffer of their own, which whoever calls owns.</summary>
    public Tensor Copy()
    {
        Tensor copy = Allocate(DType, Rows, Cols);
        for (long row = 0; row < Rows; row++)
            Buffer.Span<byte>(Offset + row * Cols * DType.ByteSize(), (int)(Cols * DType.ByteSize()))
                .CopyTo(copy.Buffer.Span<byte>(row * Cols * DType.ByteSize(), (int)(Cols * DType.ByteSize())));
        return copy;
    }

    /// <summary>One element, widened to F32; for references and tools, not for inner loops.</summary>
    public float Get(long row, int col) => DType switch
    {
        DType.F32 => Row<float>(row)[col],
        DType.BF16 => BF16Element.Widen(Row<ushort>(row)[col]),
        DType.F16 => F16Element.Widen(Row<ushort>(row)[col]),
        DType.I8 => I8Element.Widen(Row<sbyte>(row)[col]),
        DType.F8E4M3 => F8E4M3Element.Widen(Row<byte>(row)[col]),
        _ => Row<int>(row)[col],
    };

    /// <summary>A row of elements, widened to F32.</summary>
    /// <param name="row">Which row.</param>
    /// <param name="values">Takes the values, <c>[cols]</c>.</param>
    public void CopyRow(long row, Span<float> values)
    {
        switch (DType)
        {
            case DType.F32: Row<float>(row).CopyTo(values); break;
            case DType.BF16: Widen<BF16Element, ushort>(Row<ushort>(row), values); break;
            case DType.F16: Widen<F16Element, ushort>(Row<ushort>(row), values); break;
            case DType.I8: Widen<I8Element, sbyte>(Row<sbyte>(row), values); break;
            case DType.F8E4M3: Widen<F8E4M3Element, byte>(Row<byte>(row), values); break;
            default: throw new InvalidOperationException($"Tensor: {this} has no F32 values.");
        }
    }

    /// <summary>Stores one element, rounded to <see cref="DType"/>; for references and tools, not for inner loops.</summary>
    public void Set(long row, int col, float value)
    {
        switch (DType)
        {
            case DType.F32: Row<float>(row)[col] = value; break;
            case DType.BF16: Row<ushort>(row)[col] = BF16Element.Narrow(value); break;
            case DType.F16: Row<ushort>(row)[col] = F16Element.Narrow(value); break;
            case DType.I8: Row<sbyte>(row)[col] = I8Element.Narrow(value); break;
            case DType.F8E4M3: Row<byte>(row)[col] = F8E4M3Element.Narrow(value); break;
            default: Row<int>(row)[col] = (int)value; break;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{DType} [{Rows}, {Cols}]";

    private static void Widen<TElement, TStored>(ReadOnlySpan<TStored> stored, Span<float> values)
        where TElement : IElement<TStored>
        where TStored : unmanaged
    {
        for (int i = 0; i < stored.Length; i++)
            values[i] = TElement.Widen(stored[i]);
    }

    private void CheckType<T>()
    {
        if (Unsafe.SizeOf<T>() != DType.ByteSize())
            throw new InvalidOperationException($"Tensor: {DType} elements have {DType.ByteSize()} bytes, {typeof(T).Name} has {Unsafe.SizeOf<T>()}.");
    }
}
