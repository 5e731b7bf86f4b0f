using System.Numerics;
using System.Runtime.InteropServices;
using Puna.Kernels.Gpu.Emulator.Numerics;
using Puna.Kernels.Gpu.Emulator.Syntax;

namespace Puna.Kernels.Gpu.Emulator.Async;

/// <summary>What <c>cp.reduce.async.bulk</c> does with each element.</summary>
internal enum ReductionOperation
{
    Add,
    Min,
    Max,
    Inc,
    Dec,
    And,
    Or,
    Xor,
}

/// <summary>An operation on elements of one type.</summary>
internal sealed record BulkReduction(ReductionOperation Operation, PtxType Type)
{
    /// <summary>Combines each element of <paramref name="source"/> with that of <paramref name="target"/>.</summary>
    public unsafe void Apply(ReadOnlySpan<byte> source, byte* target)
    {
        Span<byte> to = new(target, source.Length);
        switch (Type)
        {
            case PtxType.F32:
                Each<float>(source, to, (a, b) => F32Arithmetic.Canonical(Float(a, b)));
                break;
            case PtxType.F64:
                Each<double>(source, to, Float);
                break;
            case PtxType.F16:
                Each<ushort>(source, to, (a, b) => (ushort)Codes.ToF16(Float<double>(Codes.FromF16(a), Codes.FromF16(b))));
                break;
            case PtxType.BF16:
                Each<ushort>(source, to, (a, b) => (ushort)Codes.ToBF16(
                    Operation == ReductionOperation.Add ? RoundOdd.Add(Codes.FromBF16(a), Codes.FromBF16(b)) : Float<double>(Codes.FromBF16(a), Codes.FromBF16(b)),
                    Rounding.NearestEven));
                break;
            case PtxType.S32:
                Each<int>(source, to, Integer);
                break;
            case PtxType.S64:
                Each<long>(source, to, Integer);
                break;
            case PtxType.U32 or PtxType.B32:
                Each<uint>(source, to, Integer);
                break;
            default:
                Each<ulong>(source, to, Integer);
                break;
        }
    }

    private static void Each<T>(ReadOnlySpan<byte> source, Span<byte> target, Func<T, T, T> combine) where T : unmanaged
    {
        ReadOnlySpan<T> from = MemoryMarshal.Cast<byte, T>(source);
        Span<T> to = MemoryMarshal.Cast<byte, T>(target);
        for (int i = 0; i < from.Length; i++)
            to[i] = combine(to[i], from[i]);
    }

    private T Float<T>(T a, T b) where T : IFloatingPointIeee754<T> => Operation switch
    {
        ReductionOperation.Add => a + b,
        ReductionOperation.Min => T.MinNumber(a, b),
        _ => T.MaxNumber(a, b),
    };

    private T Integer<T>(T a, T b) where T : IBinaryInteger<T> => Operation switch
    {
        ReductionOperation.Add => unchecked(a + b),
        ReductionOperation.Min => T.Min(a, b),
        ReductionOperation.Max => T.Max(a, b),
        ReductionOperation.Inc => a >= b ? T.Zero : a + T.One,
        ReductionOperation.Dec => a == T.Zero || a > b ? b : a - T.One,
        ReductionOperation.And => a & b,
        ReductionOperation.Or => a | b,
        _ => a ^ b,
    };
}
