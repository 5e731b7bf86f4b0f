using System.Runtime.InteropServices;

namespace Puna.Kernels.Gpu;

/// <summary>Arguments and expected outputs of a <see cref="KernelSpec"/>, from spans and tensors.</summary>
internal static class SpecArguments
{
    /// <summary>A buffer with these contents.</summary>
    public static KernelArgument Buffer<T>(string name, ReadOnlySpan<T> values) where T : unmanaged =>
        new(name, ArgumentKind.Buffer, MemoryMarshal.AsBytes(values).ToArray());

    /// <summary>A buffer with these contents.</summary>
    public static KernelArgument Buffer(string name, Tensor values) => new(name, ArgumentKind.Buffer, BytesOf(values));

    /// <summary>A buffer that the kernel must write before it reads.</summary>
    public static KernelArgument Output(string name, long bytes) => new(name, ArgumentKind.Buffer, default, bytes);

    /// <summary>A value.</summary>
    public static KernelArgument Scalar<T>(string name, T value) where T : unmanaged =>
        new(name, ArgumentKind.Scalar, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)).ToArray());

    /// <summary>What a buffer of F32 must hold.</summary>
    public static ExpectedOutput Expect(string buffer, Tensor values, double absolute = 0, double relative = 0) =>
        new(buffer, NumberFormat.F32, BytesOf(values), absolute, relative);

    /// <summary>
    /// What a buffer must hold where results were rounded: a 16-bit result may be the neighbour of the expected one.
    /// </summary>
    public static ExpectedOutput ExpectRounded(string buffer, Tensor values, NumberFormat format, double absolute, double relative)
    {
        if (format == NumberFormat.F32)
            return Expect(buffer, values, absolute, relative);
        Tensor rounded = Tensor.Allocate(format == NumberFormat.F16 ? DType.F16 : DType.BF16, values.Rows, values.Cols);
        for (long r = 0; r < values.Rows; r++)
        {
            for (int c = 0; c < values.Cols; c++)
                rounded.Set(r, c, values.Get(r, c));
        }

        // one unit in the last place of 11 or 8 bits; below 2^-14, F16's unit is 2^-24
        return new ExpectedOutput(buffer, format, BytesOf(rounded), Math.ScaleB(1, -24), Math.ScaleB(1, format == NumberFormat.F16 ? -10 : -7));
    }

    private static byte[] BytesOf(Tensor t) => t.Length == 0 ? []
        : t.DType == DType.F32 ? MemoryMarshal.AsBytes(t.Span<float>()).ToArray()
        : t.DType == DType.I32 ? MemoryMarshal.AsBytes(t.Span<int>()).ToArray()
        : MemoryMarshal.AsBytes(t.Span<ushort>()).ToArray();
}

/// <summary>Mistakes that many kernels may have.</summary>
internal static class SpecMutants
{
    /// <summary>The last block along x does not run; its outputs stay as they were.</summary>
    public static KernelMutant LastBlockDropped { get; } = new("last block dropped", (call, _) =>
        call.Grid.Count == 0 ? null : call with { Grid = new GpuDim(call.Grid.X - 1, call.Grid.Y, call.Grid.Z) });

    /// <summary>Two pieces of a buffer, <paramref name="bytes"/> each, have changed places.</summary>
    /// <param name="name">As in <c>scale rows swapped</c>.</param>
    /// <param name="buffer">Which buffer.</param>
    /// <param name="bytes">
    /// Bytes of a piece: the first of the buffer and the last; null where the shape has no two.
    /// </param>
    public static KernelMutant Swapped(string name, string buffer, Func<System.Collections.Immutable.ImmutableArray<int>, int> bytes) =>
        new(name, (call, shape) => Change(call, buffer, contents =>
        {
            int size = bytes(shape);
            if (call.Grid.Count == 0 || contents.Length < 2 * size || size == 0)
                return false;
            byte[] first = contents[..size];
            contents.AsSpan(^size..).CopyTo(contents);
            first.CopyTo(contents.AsSpan(^size..));
            return !contents.AsSpan(0, size).SequenceEqual(first);
        }));

    /// <summary>The call with other contents of one argument.</summary>
    /// <param name="call">The right call.</param>
    /// <param name="name">The argument.</param>
    /// <param name="change">Changes its bytes; false where there is nothing to change.</param>
    public static KernelCall? Change(KernelCall call, string name, Func<byte[], bool> change)
    {
        int at = call.Arguments.Select((a, i) => (a.Name, i)).First(a => a.Name == name).i;
        byte[] contents = call.Arguments[at].Bytes.ToArray();
        return change(contents)
            ? call with { Arguments = call.Arguments.SetItem(at, call.Arguments[at] with { Bytes = contents }) }
            : null;
    }
}
