using System.Collections.Immutable;
using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Layouts;
using static Puna.Kernels.Gpu.SpecArguments;

namespace Puna.Kernels;

internal static partial class SmallProduct
{
    private const int SpecBlocks = 264;   // two for each multiprocessor of an H100

    /// <summary>
    /// A shape is <c>[rows, k, n]</c>: none, one; n around tiles of 16 rows, a prime; k that cuts tiles in half, that
    /// gives warps
    /// nothing, segments that differ, panels; a real model's.
    /// </summary>
    public static ImmutableArray<ImmutableArray<int>> Shapes { get; } =
    [
        [0, 64, 16], [1, 32, 1], [1, 64, 15], [7, 96, 16], [8, 160, 17], [6, 512, 61], [2, 1024, 33], [3, 1056, 31],
        [1, 3072, 32], [8, 14336, 32], [1, 4096, 48], [8, 4096, 48],
    ];

    /// <summary>More rows than a column of eight: around columns, and panels for many.</summary>
    public static ImmutableArray<ImmutableArray<int>> WideShapes { get; } =
        [[9, 160, 17], [15, 96, 16], [16, 2048, 32], [17, 64, 16], [25, 1024, 16], [64, 1024, 16], [16, 4096, 32]];

    /// <summary>Those of 3B, 8B and 70B, for one row and for eight.</summary>
    public static ImmutableArray<ImmutableArray<int>> HardwareShapes { get; } =
    [
        [1, 3072, 5120], [1, 3072, 16384], [1, 8192, 3072], [8, 3072, 16384],
        [1, 4096, 6144], [8, 4096, 6144], [1, 4096, 4096], [1, 4096, 28672], [8, 4096, 28672], [1, 14336, 4096], [8, 14336, 4096],
        [1, 8192, 10240], [8, 8192, 10240], [1, 28672, 8192],
    ];

    /// <summary>Those of 8B for a few users.</summary>
    public static ImmutableArray<ImmutableArray<int>> WideHardwareShapes { get; } =
        [[16, 4096, 28672], [32, 4096, 28672], [64, 4096, 28672], [16, 14336, 4096]];

    /// <summary>Weights and scales once, activations in and out.</summary>
    public static long Bytes(ImmutableArray<int> shape, int elementBytes) => shape[0] == 0 ? 0
        : (long)shape[1] * shape[2] + 4L * shape[2] + (long)elementBytes * shape[0] * shape[1] + 4L * shape[0] * shape[2];

    /// <summary>A multiplication and an addition for each weight and row.</summary>
    public static long Flops(ImmutableArray<int> shape) => 2L * shape[0] * shape[1] * shape[2];

    /// <summary>Blocks for a product: stripes of a few row tiles each.</summary>
    public static GpuDim Grid(ImmutableArray<int> shape)
    {
        int tiles = (shape[2] + 15) / 16;
        return shape[0] == 0 ? 0 : tiles > SpecBlocks ? SpecBlocks : (tiles + 1) / 2;
    }

    /// <summary>
    /// K products of two numbers with these deviations; a chain of K / 128 additions in the tensor core and 8 for the
    /// segments.
    /// Errors of sums add like a random walk (Higham and Mary 2019): 8 standard deviations; twice that, since tensor
    /// cores cut terms off where they should round.
    /// </summary>
    public static double Tolerance(int k, double deviation) =>
        16 * OpSpec.RoundingUnit * deviation * Math.Sqrt((k / 128.0 + 8) * k);

    /// <summary>Random codes: a byte chooses among <paramref name="table"/>.</summary>
    public static byte[] Codes(SeededValues values, long count, ReadOnlySpan<byte> table)
    {
        byte[] codes = new byte[count];
        ulong state = (uint)values.Integers(1, int.MaxValue).Row<int>(0)[0];
        for (long i = 0; i < count; i++)
        {
            // SplitMix64: Steele, Lea and Flood 2014
            ulong z = state += 0x9E3779B97F4A7C15;
            z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
            z = (z ^ z >> 27) * 0x94D049BB133111EB;
            codes[i] = table[(int)(z >> 56)];
        }

        return codes;
    }

    /// <summary>Scales between 0.5 and 1.5.</summary>
    public static Tensor Scales(SeededValues values, int count)
    {
        Tensor scales = Tensor.Allocate(DType.F32, 1, count);
        Tensor thousandths = values.Integers(count, 1000);
        for (int i = 0; i < count; i++)
            scales.Set(0, i, 0.5f + thousandths.Row<int>(0)[i] / 1000f);
        return scales;
    }

    /// <summary>Weights in the order of a kernel, rows filled up with <paramref name="fill"/>.</summary>
    public static byte[] Packed(WeightPacking packing, ReadOnlySpan<byte> codes, int n, int k, byte fill)
    {
        int rows = (n + 15) / 16 * 16;
        byte[] whole = new byte[(long)rows * k], packed = new byte[whole.LongLength];
        Array.Fill(whole, fill);
        codes.CopyTo(whole);
        PackedWeights.Pack(packing, whole, rows, k, packed);
        return packed;
    }

    /// <summary>Mistakes that every such product may make.</summary>
    /// <param name="zero">A byte of packed weights that stands for 0.</param>
    public static ImmutableArray<KernelMutant> Mutants(byte zero) =>
    [
        new("last tile dropped", (call, shape) => shape[0] == 0 ? null : SpecMutants.Change(call, "w", bytes =>
        {
            bytes.AsSpan(^PackedWeights.TileBytes..).Fill(zero);
            return true;
        })),
        SpecMutants.Swapped("scale rows swapped", "scale", _ => 4),
        SpecMutants.Swapped("first and last activation row swapped", "x", s => s[0] > 1 ? s[1] : 0),
    ];

    /// <summary>The call of a product whose activations are F16.</summary>
    public static KernelCall HalfCall(
        GpuKernel kernel, ImmutableArray<int> shape, Tensor x, byte[] packed, Tensor scales, Tensor y, double tolerance) =>
        new(kernel, Grid(shape),
            [Buffer("x", x), Buffer<byte>("w", packed), Buffer("scale", scales), Output("y", y.Bytes), Scalar("n", shape[2])],
            [Expect("y", y, tolerance)]);
}
