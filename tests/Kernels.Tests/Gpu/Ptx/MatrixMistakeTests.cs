using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Ptx;

namespace Puna.Kernels.Tests.Gpu.Ptx;

/// <summary>Mistakes with matrices and asynchronous work, each told in a sentence while the kernel is written.</summary>
public class MatrixMistakeTests
{
    [Fact]
    public void Sums_under_way_cannot_be_used()
    {
        KernelException e = Assert.Throws<KernelException>(() => Write(k =>
        {
            (WgmmaAccumulator<F32> sums, MatrixDescriptor<BF16x2> m) = Operands(k);
            k.WgmmaFence();
            k.Wgmma(sums, m, m, file: "Gemm.cs", line: 7);
            k.WgmmaCommit();
            _ = sums[0] + 1;
        }));

        Assert.Matches(@"^broken \(MatrixMistakeTests\.cs:\d+\): sums were used while the product of Gemm\.cs:7 may still add to them\. Call WgmmaCommit and WgmmaWait before\.$", e.Message);
    }

    [Fact]
    public void Sums_can_be_used_once_their_group_is_complete_though_a_newer_one_is_not() => Write(k =>
    {
        (WgmmaAccumulator<F32> first, MatrixDescriptor<BF16x2> m) = Operands(k);
        WgmmaAccumulator<F32> second = k.WgmmaAccumulator<F32>(8, "second");
        k.WgmmaFence();
        k.Wgmma(first, m, m);
        k.WgmmaCommit();
        k.Wgmma(second, m, m);
        k.WgmmaCommit();
        k.WgmmaWait(1);
        _ = first[0] + 1;
        Assert.Throws<KernelException>(() => second[0]);
    });

    [Fact]
    public void Touched_sums_need_a_fence()
    {
        const string Problem = "wgmma adds to sums that ordinary code has touched, but no WgmmaFence stands between them";
        Fails(Problem, k =>
        {
            (WgmmaAccumulator<F32> sums, MatrixDescriptor<BF16x2> m) = Operands(k);
            k.Wgmma(sums, m, m);
        });
        Fails(Problem, k =>
        {
            (WgmmaAccumulator<F32> sums, MatrixDescriptor<BF16x2> m) = Operands(k);
            k.WgmmaFence();
            k.Set(sums[0], 1);
            k.Wgmma(sums, m, m);
        });
    }

    [Fact]
    public void Shapes_and_types_are_those_of_tensor_cores()
    {
        Fails("wgmma has 12 columns, but a multiple of 8 from 8 to 256 was expected", k => k.WgmmaAccumulator<F32>(12));
        Fails("wgmma of bytes has 40 columns, but above 32 a multiple of 16 was expected", k =>
        {
            WgmmaAccumulator<I32> sums = k.WgmmaAccumulator<I32>(40);
            MatrixDescriptor<I8x4> m = k.Descriptor(k.SharedTile<I8x4>("a", 64), 0);
            k.WgmmaFence();
            k.Wgmma(sums, m, m);
        });
        Fails("products of s8 were added to F32, but their sums are I32", k => k.Mma(default(FragmentA<I8x4>), default, k.Accumulator<F32>()));
        Fails("a matrix of U32 was used, but tensor cores take BF16x2, F16x2, I8x4, U8x4, E4M3x4 and E5M2x4", k => k.SharedTile<U32>("a", 64));
        Fails("LoadMatrix moves 3 matrices, but 1, 2 or 4 were expected", k => k.LoadMatrix(k.SharedArray<BF16x2>("a", 4), 3));
        Fails("LoadMatrix transposes I8x4, but only 16-bit elements can be transposed", k => k.LoadMatrix(k.SharedArray<I8x4>("a", 4), 4, MatrixOrder.Columns));
        Fails("LoadMatrix was called for BF16, but matrices move in registers of 32 bits", k => k.LoadMatrix(k.SharedArray<BF16>("a", 8), 4));
        Fails("sums became a left factor of I8x4, but only 16-bit types lie as sums do", k => k.ToA(k.Accumulator<F32>(), k.Accumulator<F32>(), (_, _) => default(I8x4)));
    }

    [Fact]
    public void Descriptors_begin_where_the_swizzle_does()
    {
        Fails("a descriptor begins with row 12, but a multiple of 8 below the tile's 64 was expected (the swizzle repeats every 8 rows)",
            k => k.Descriptor(k.SharedTile<BF16x2>("a", 64), 12));
        Fails("a descriptor begins with row 64, but a multiple of 8 below the tile's 64 was expected (the swizzle repeats every 8 rows)",
            k => k.Descriptor(k.SharedTile<BF16x2>("a", 64), 64));
        Fails("a tile without a swizzle became a descriptor, but its rows of 16 bytes hold half a step of wgmma. Use a swizzle",
            k => k.Descriptor(k.SharedTile<BF16x2>("a", 64, SwizzleMode.None), 0));
        Fails("the tile 'a' has 12 rows, but a multiple of 8 was expected", k => k.SharedTile<BF16x2>("a", 12));
        Fails("a place 8 chunks further was asked for, but a row of 128 bytes has 8", k =>
        {
            SharedTile<BF16x2> tile = k.SharedTile<BF16x2>("a", 64);
            tile.Further(tile.Chunk(k.Lane, k.Lane), 8);
        });
        Fails("a place was moved along its row after it was moved by 64 bytes, but multiples of 1024 were expected", k =>
        {
            SharedTile<BF16x2> tile = k.SharedTile<BF16x2>("a", 64);
            tile.Further(tile.Chunk(k.Lane, k.Lane).Offset(16), 2);
        });
        Fails("columns of a tile of 24 rows became a descriptor, but a multiple of 16 was expected", k => k.DescriptorOfColumns(k.SharedTile<BF16x2>("a", 24)));
        Fails("columns of I8x4 became a descriptor, but only 16-bit types can have K along columns", k => k.DescriptorOfColumns(k.SharedTile<I8x4>("a", 32)));
        KernelException e = Assert.Throws<KernelException>(() => Write(k => k.Descriptor(k.SharedTile<BF16x2>("a", 64), 0).Step(4)));
        Assert.Contains("a descriptor was moved by 4 steps along K, but its tile has 4", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Copies_are_of_sizes_that_exist()
    {
        Fails("CopyAsync copies 12 bytes, but 4, 8 or 16 were expected", k => k.CopyAsync(k.SharedArray<U32>("a", 4), k.PointerParam<U32>("x"), 12));
        Fails("CopyAsync reads 17 of 16 bytes", k => k.CopyAsync(k.SharedArray<U32>("a", 4), k.PointerParam<U32>("x"), 16, new CopyOptions { SourceBytes = 17 }));
        Fails("CopyBulk moves 24 bytes, but a multiple of 16 was expected",
            k => k.CopyBulk(k.SharedArray<U32>("a", 32), k.PointerParam<U32>("x"), 24, k.Mbarriers("full", 1)[0]));
        Fails("AddBulk adds U16, but F32, I32, U32, U64, F16 or BF16 were expected", k => k.AddBulk(k.PointerParam<U16>("x"), k.SharedArray<U16>("a", 32), 16));
        Fails("barrier 2 was used, but there are 2", k => _ = k.Mbarriers("full", 2)[2]);
        Fails("a barrier is to count 0 arrivals, but 1 to 1048575 were expected", k => k.Mbarriers("full", 2)[1].Init(0));
        Fails("WaitCopies leaves -1 groups, but 0 or more were expected", k => k.WaitCopies(-1));
        Fails("WgmmaWait leaves 8 groups, but 0 to 7 were expected", k => k.WgmmaWait(8));
    }

    [Fact]
    public void Tiles_are_of_the_size_of_their_box()
    {
        Fails("a tile of 8192 bytes with swizzle Bytes128 meets a box of 4096 bytes with swizzle Bytes128, but both must be the same",
            k => k.CopyTile(k.SharedTile<BF16x2>("a", 64), k.TensorMapParam<BF16x2>("x", [64, 32]), [0, 0], k.Mbarriers("full", 1)[0]));
        Fails("a box is placed by 1 coordinates, but its tensor map has 2 dimensions",
            k => k.CopyTile(k.SharedTile<BF16x2>("a", 32), k.TensorMapParam<BF16x2>("x", [64, 32]), [0], k.Mbarriers("full", 1)[0]));
        Fails("the box of 'x' is 256 bytes wide, but a multiple of 16 up to the swizzle's 128 was expected", k => k.TensorMapParam<BF16x2>("x", [128, 32]));
        Fails("the box of 'x' is [64, 257], but 1 to 3 extents from 1 to 256 were expected", k => k.TensorMapParam<BF16x2>("x", [64, 257]));
    }

    [Fact]
    public void Warpgroups_have_128_threads()
    {
        Assert.Throws<KernelException>(() => PtxBuilder.Kernel("broken", GpuArch.Sm90a, 96, k => k.WgmmaAccumulator<F32>(8)));
        Assert.Throws<KernelException>(() => PtxBuilder.Kernel("broken", GpuArch.Sm90a, 160, k => k.TakeRegisters(240)));
        Fails("a warpgroup was given 250 registers per thread, but a multiple of 8 from 24 to 256 was expected", k => k.TakeRegisters(250));
    }

    [Theory]
    [InlineData("sm_90", "wgmma was used for sm_90, but it needs sm_90a")]
    [InlineData("sm_80", "wgmma was used for sm_80, but it needs sm_90a")]
    public void Targets_without_wgmma_refuse_it(string target, string problem)
    {
        KernelException e = Assert.Throws<KernelException>(() => PtxBuilder.Kernel("broken", GpuArch.Parse(target), 128, k => k.WgmmaAccumulator<F32>(8)));

        Assert.Contains(problem, e.Message, StringComparison.Ordinal);
    }

    private static (WgmmaAccumulator<F32> Sums, MatrixDescriptor<BF16x2> Matrix) Operands(PtxBuilder k) =>
        (k.WgmmaAccumulator<F32>(8), k.Descriptor(k.SharedTile<BF16x2>("a", 64), 0));

    private static void Write(Action<PtxBuilder> body) => PtxBuilder.Kernel("broken", GpuArch.Sm90a, 128, body);

    private static void Fails(string problem, Action<PtxBuilder> body)
    {
        KernelException e = Assert.Throws<KernelException>(() => Write(body));
        Assert.EndsWith($": {problem}.", e.Message, StringComparison.Ordinal);
    }
}
