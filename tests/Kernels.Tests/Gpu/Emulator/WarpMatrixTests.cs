using Puna.Kernels.Gpu.Emulator.Numerics;

namespace Puna.Kernels.Tests.Gpu.Emulator;

/// <summary>wmma: load, multiply, store, as nvcc writes it.</summary>
public sealed class WarpMatrixTests
{
    [Theory]
    [InlineData("m16n16k16", "f16", "f32", 8, 8, 8)]
    [InlineData("m32n8k16", "f16", "f32", 8, 8, 8)]
    [InlineData("m8n32k16", "f16", "f16", 8, 8, 4)]
    [InlineData("m16n16k16", "f16", "f16", 8, 8, 4)]
    [InlineData("m16n16k16", "bf16", "f32", 4, 4, 8)]
    [InlineData("m8n32k16", "bf16", "f32", 2, 8, 8)]
    [InlineData("m16n16k8", "tf32", "f32", 4, 4, 8)]
    [InlineData("m16n16k16", "s8", "s32", 2, 2, 8)]
    [InlineData("m32n8k16", "u8", "s32", 4, 1, 8)]
    public void A_product_is_the_textbooks(string shape, string type, string accumulator, int a, int b, int c)
    {
        int[] mnk = [.. shape[1..].Split('n', 'k').Select(x => int.Parse(x, System.Globalization.CultureInfo.InvariantCulture))];
        (int m, int n, int k) = (mnk[0], mnk[1], mnk[2]);
        MatrixElement element = Enum.Parse<MatrixElement>(type, ignoreCase: true), sum = Enum.Parse<MatrixElement>(accumulator, ignoreCase: true);
        string types = type == "f16" ? $"{accumulator}.{accumulator}" : $"{accumulator}.{type}.{type}.{accumulator}";
        string load = type == "tf32" ? "tf32" : type;
        // A by rows, B by columns with a wider stride, C by columns, D by rows
        string kernel = PtxText.Kernel(4, $$"""
            .reg .b32 a<8>, b<8>, c<8>, d<8>;
            wmma.load.a.sync.aligned.row.{{shape}}.global.{{load}} { {{List("a", a)}} }, [x0], {{k}};
            mov.u32 r1, {{k + 16}};
            wmma.load.b.sync.aligned.col.{{shape}}.global.{{load}} { {{List("b", b)}} }, [x1], r1;
            wmma.load.c.sync.aligned.col.{{shape}}.global.{{accumulator}} { {{List("c", c)}} }, [x2], {{m}};
            wmma.mma.sync.aligned.row.col.{{shape}}.{{types}} { {{List("d", c)}} }, { {{List("a", a)}} }, { {{List("b", b)}} }, { {{List("c", c)}} };
            wmma.store.d.sync.aligned.row.{{shape}}.global.{{accumulator}} [x3], { {{List("d", c)}} }, {{n}};
            """);
        Random random = new(k + n);
        double[] left = Values(random, element, m * k), right = Values(random, element, (k + 16) * n), start = Values(random, sum, m * n);

        using PtxRun run = new PtxRun().Buffer<byte>(Bytes(element, left)).Buffer<byte>(Bytes(element, right)).Buffer<byte>(Bytes(sum, start)).Undefined(m * n * sum.Bits() / 8);
        run.Launch(kernel, 32);

        Assert.Empty(run.Report.Reports);
        byte[] result = run.Read<byte>(3);
        for (int i = 0; i < m * n; i++)
        {
            double expected = start[i % n * m + i / n], size = Math.Abs(expected);
            for (int j = 0; j < k; j++)
            {
                expected += left[i / n * k + j] * right[i % n * (k + 16) + j];
                size += Math.Abs(left[i / n * k + j] * right[i % n * (k + 16) + j]);
            }

            double actual = sum switch
            {
                MatrixElement.F16 => (double)BitConverter.ToHalf(result, 2 * i),
                MatrixElement.F32 => BitConverter.ToSingle(result, 4 * i),
                _ => BitConverter.ToInt32(result, 4 * i),
            };
            double tolerance = sum switch { MatrixElement.F16 => size * Math.ScaleB(1.1, -11), MatrixElement.F32 => size * (k + 1) * Math.ScaleB(1, -24), _ => 0 };
            Assert.True(Math.Abs(actual - expected) <= tolerance, $"{shape} {types} [{i / n}, {i % n}]: {actual}, expected {expected} ± {tolerance:G3}");
        }
    }

    private static string List(string name, int count) => string.Join(", ", Enumerable.Range(0, count).Select(i => name + i));

    private static double[] Values(Random random, MatrixElement element, int count) => [.. Enumerable.Range(0, count).Select(_ => element switch
    {
        MatrixElement.S8 => random.Next(-128, 128),
        MatrixElement.U8 => random.Next(256),
        MatrixElement.S32 => random.Next(-9999, 9999),
        _ => (random.Next(257) - 128) / 64.0,   // exact in every float type
    })];

    private static byte[] Bytes(MatrixElement element, double[] values) => [.. values.SelectMany(v => element switch
    {
        MatrixElement.F16 => BitConverter.GetBytes((Half)v),
        MatrixElement.BF16 => BitConverter.GetBytes((ushort)Codes.ToBF16((float)v)),
        MatrixElement.TF32 or MatrixElement.F32 => BitConverter.GetBytes((float)v),
        MatrixElement.S32 => BitConverter.GetBytes((int)v),
        _ => [(byte)(int)v],
    })];
}
