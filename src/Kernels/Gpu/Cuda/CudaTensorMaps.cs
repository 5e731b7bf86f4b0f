using System.Runtime.InteropServices;
using Puna.Kernels.Gpu.Layouts;

namespace Puna.Kernels.Gpu.Cuda;

/// <summary>Tensor maps: cuTensorMapEncodeTiled, CUDA driver API 12.0.</summary>
internal static unsafe class CudaTensorMaps
{
    private const int MapAlignment = 64;
    private const int PromoteTo128Bytes = 2;

    /// <summary>Encodes a layout.</summary>
    /// <exception cref="ArgumentException">The layout is none that a tensor copy can have.</exception>
    public static TensorMap Encode(CudaContext context, TensorMapLayout layout)
    {
        if (TensorMapCode.Problem(layout) is { } problem)
            throw new ArgumentException(problem, nameof(layout));   // the driver says no more than "invalid argument"
        byte* memory = stackalloc byte[TensorMapCode.Bytes + MapAlignment];
        byte* map = (byte*)(((nuint)memory + MapAlignment - 1) / MapAlignment * MapAlignment);
        ReadOnlySpan<uint> box = MemoryMarshal.Cast<int, uint>(layout.Box.AsSpan());
        ReadOnlySpan<uint> everyElement = [1, 1, 1, 1, 1];
        int result;
        fixed (ulong* extents = MemoryMarshal.Cast<long, ulong>(layout.Extents.AsSpan()))
        fixed (ulong* strides = MemoryMarshal.Cast<long, ulong>(layout.StrideBytes.AsSpan()))
        fixed (uint* boxes = box, steps = everyElement)
        {
            result = context.Enter().TensorMapEncodeTiled(
                map, DataType(layout.Format), (uint)layout.Extents.Length, (void*)layout.Address, extents, strides, boxes, steps,
                0, (int)layout.Swizzle, PromoteTo128Bytes, 0);
        }

        context.Errors.Check(result, "cuTensorMapEncodeTiled");
        return new TensorMap([.. new ReadOnlySpan<byte>(map, TensorMapCode.Bytes)]);
    }

    // CUtensorMapDataType
    private static int DataType(NumberFormat format) => format switch
    {
        NumberFormat.U16 or NumberFormat.I16 => 1,
        NumberFormat.U32 => 2,
        NumberFormat.I32 => 3,
        NumberFormat.U64 => 4,
        NumberFormat.I64 => 5,
        NumberFormat.F16 => 6,
        NumberFormat.F32 => 7,
        NumberFormat.F64 => 8,
        NumberFormat.BF16 => 9,
        _ => 0,   // bytes, 8-bit floats too
    };
}
