using System.Diagnostics;
using Puna.Kernels;
using Puna.Tools.Measure;

namespace Puna.Tools.Tests;

/// <summary>What timing, judging and comparing do, on calls whose answers are known.</summary>
public class MeasureTests
{
    private static readonly Effort Little = new(5, TimeSpan.Zero, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(5));

    [Fact]
    public void Statistics_are_those_of_the_samples()
    {
        OpTiming timing = new([30, 10, 20, 50, 40], CallsPerSample: 1, Copies: 1, Stop: "time");

        Assert.Equal((10, 30, 20, 40, 50, 48), (timing.Least, timing.Median, timing.At(0.25), timing.At(0.75), timing.At(1), timing.At(0.95)));
    }

    [Fact]
    public void A_streaming_call_takes_turns_with_copies_that_exceed_the_cache_eightfold()
    {
        using ReferenceBackend ops = new();
        List<int> calls = [];
        int made = 0;
        OpCall first = Numbered();

        OpTiming timing = new OpTimer(ops, cacheBytes: 1000, Little).Time(first, bytes: 3000);


        Assert.Equal((3, 3), (made, timing.Copies));
        Assert.Equal(calls.Select((_, i) => i % 3), calls);
        Assert.True(timing.Samples.Length >= 5 && calls.Count >= timing.Samples.Length * timing.CallsPerSample);
        Assert.Single(OpTimer.Copies(first with { Copy = null }, ops, bytes: 1, cacheBytes: 1000));
        Assert.Single(OpTimer.Copies(first, ops, bytes: 8001, cacheBytes: 1000));

        OpCall Numbered()
        {
            int number = made++;
            return new OpCall(_ => Note(number), default) { Copy = _ => Numbered() };
        }

        // as long as a call that is timed by itself
        void Note(int number)
        {
            calls.Add(number);
            long start = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(start) < TimeSpan.FromMicroseconds(60))
                Thread.SpinWait(1);
        }
    }

    [Fact]
    public void A_result_is_judged_by_the_reference_whole_or_in_pieces()
    {
        using ReferenceBackend ops = new();
        Tensor x = new SeededValues(1).Normal(DType.F32, 3, 5), y = Tensor.Allocate(DType.F32, 3, 5), part = Tensor.Allocate(DType.F32, 1, 2);
        float add = 0;
        OpCall call = new(_ => Write(x, y, 0, add), y);

        Assert.Equal((15, 0.0, true, true), Summary(OpCheck.Of(call, ops, 0)));
        int runs = 0;
        OpCheck differs = OpCheck.Of(new OpCall(_ => Write(x, y, 0, runs++), y), ops, tolerance: 0.5);
        Assert.False(differs.BitsRepeat);
        Assert.False(differs.IsRight);

        OpPiece piece = new(new OpCall(_ => Write(x with { Offset = 4 * 11, Rows = 1, Cols = 2 }, part, 0, 0.25f), part), Row: 2, Column: 1);
        OpCheck off = OpCheck.Of(call with { Pieces = _ => [piece] }, ops, tolerance: 0.2);
        Assert.Equal((2, 0.25, false, true), Summary(off with { LargestError = Math.Round(off.LargestError, 6) }));
        add = float.NaN;
        Assert.Equal((15, false), (OpCheck.Of(call, ops, 1).NaNs, OpCheck.Of(call, ops, 1).IsRight));
    }

    [Fact]
    public void The_roof_that_binds_is_the_one_that_takes_longer()
    {
        Roofs roofs = new(2, new Peak(5, 10), new Peak(5, 10), new Peak(20, 40), new Peak(50, 100), new Peak(50, 100), new Peak(100, 200), null, "large");

        Assert.Equal((10, Bound.Memory), roofs.Least(bytes: 100, flops: 900, ActivationType.F32, Bound.Memory));
        Assert.Equal((11, Bound.Arithmetic), roofs.Least(bytes: 100, flops: 1100, ActivationType.F32, Bound.Memory));
        Assert.Equal((10, Bound.Memory), roofs.Least(bytes: 100, flops: 1100, ActivationType.BF16, Bound.Memory));
        Assert.Equal((1, Bound.L2), roofs.Least(bytes: 100, flops: 0, ActivationType.F32, Bound.L2));
        Assert.Equal(roofs.F32, roofs.PeakOf(ActivationType.I8));   // a machine without the instruction
        Assert.Equal(new Peak(7, 10), Roofs.Best(roofs, roofs with { Read = new Peak(7, 8) }).Read);
    }

    [Fact]
    public void A_block_of_32_values_is_bytes_times_a_half()
    {
        float[] row = [.. Enumerable.Range(0, 40).Select(i => i < 32 ? i - 10f : 0.001f * i)];

        float[] rounded = new float[40];
        BlockCodes.Round(row, rounded);

        float scale = (float)(Half)(21 / 127f);
        Assert.Equal(-60 * scale, rounded[0]);    // 10 · 127 / 21 = 60.48
        Assert.Equal(127 * scale, rounded[31]);
        Assert.Equal(127 * (float)(Half)(0.039f / 127), rounded[39]);
        float[] none = new float[32];
        BlockCodes.Round(none, none);
        Assert.All(none, value => Assert.Equal(0, value));
    }

    [Theory]
    [InlineData(BlockMode.Weights)]
    [InlineData(BlockMode.WeightsAndActivations)]
    internal void A_product_of_blocks_is_the_textbook_one(BlockMode mode)
    {
        SeededValues values = new(1);
        Tensor x = values.Normal(DType.F32, 2, 70), w = values.Normal(DType.BF16, 33, 70), y = Tensor.Allocate(DType.F32, 2, 33);
        using ReferenceBackend exact = new();
        using BlockBackend blocks = new(exact, mode);

        blocks.MatMul(x, new Linear(w), y);

        for (int m = 0; m < 2; m++)
        {
            for (int n = 0; n < 33; n++)
            {
                float[] a = x.Row<float>(m).ToArray(), b = new float[70];
                w.CopyRow(n, b);
                BlockCodes.Round(b, b);
                if (mode != BlockMode.Weights)
                    BlockCodes.Round(a, a);
                Assert.Equal(a.Zip(b, (p, q) => (double)p * q).Sum(), y.Row<float>(m)[n], tolerance: 1e-5);
            }
        }
    }

    private static (long, double, bool, bool) Summary(OpCheck check) => (check.Compared, check.LargestError, check.IsRight, check.BitsRepeat);

    private static void Write(Tensor from, Tensor to, int row, float add)
    {
        for (int i = 0; i < from.Length; i++)
            to.Span<float>()[row + i] = from.Span<float>()[i] + add;
    }
}
