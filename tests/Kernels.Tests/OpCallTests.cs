using System.Collections.Immutable;
using Puna.Kernels.Cpu;
using Puna.TestKit;

namespace Puna.Kernels.Tests;

/// <summary>What calls of specs offer to whoever measures them.</summary>
public sealed class OpCallTests : IDisposable
{
    private readonly CpuBackend _cpu = new(threads: 2);
    private readonly ReferenceBackend _reference = new();

    public static TheoryData<string> Streaming => [.. OpSpec.All.Where(s => s.IsStreaming).Select(s => s.Name)];

    public void Dispose()
    {
        _cpu.Dispose();
        _reference.Dispose();
    }

    [Theory, MemberData(nameof(Streaming))]
    public void A_copy_of_a_call_gives_the_same_bits(string name)
    {
        foreach (OpCall call in Calls(name))
        {
            float[] expected = Run(call, _cpu);

            OpCall copy = call.Copy!(_cpu);   // a spec that streams has one

            KernelAssert.SameBits(expected, Run(copy, _cpu), name);
        }
    }

    [Theory, MemberData(nameof(Streaming))]
    public void Pieces_of_a_call_are_what_the_reference_gives_there(string name)
    {
        foreach (OpCall call in Calls(name))
        {
            float[] whole = Run(call, _reference);
            foreach (OpPiece piece in call.Pieces!(_cpu))   // a spec that streams has some
            {
                Tensor output = piece.Call.Output;
                float[] part = Run(piece.Call, _reference);
                for (int row = 0; row < output.Rows; row++)
                {
                    int at = (int)((piece.Row + row) * call.Output.Cols + piece.Column), width = (int)output.Cols;
                    KernelAssert.SameBits(whole.AsSpan(at, width), part.AsSpan(row * width, width), $"{name}, row {piece.Row}, column {piece.Column}");
                }
            }
        }
    }

    [Fact]
    public void Every_op_is_measured_in_the_shapes_of_three_decoders()
    {
        foreach (OpSpec spec in OpSpec.All)
        {
            ImmutableArray<BenchShape> shapes = spec.BenchShapes;
            Assert.False(shapes.IsEmpty, spec.Name);
            Assert.All(shapes, s => Assert.Equal(spec.Shapes[0].Length, s.Shape.Length));
            Assert.Equal(shapes.Length, shapes.DistinctBy(s => s.Name).Count());
            if (spec.Name != "sample")
                Assert.All((string[])["1b/", "3b/", "8b/"], d => Assert.Contains(shapes, s => s.Name.StartsWith(d, StringComparison.Ordinal)));
        }
    }

    [Theory]
    [InlineData(DType.F32)]
    [InlineData(DType.BF16)]
    public void Quick_values_are_normal_and_follow_from_the_seed(DType type)
    {
        Tensor values = new SeededValues(1, SeededFilling.Quick).Normal(type, 100, 1000, scale: 2);
        Tensor same = new SeededValues(1, SeededFilling.Quick).Normal(type, 100, 1000, scale: 2);

        float[] all = KernelAssert.Values(values);

        KernelAssert.SameBits(all, KernelAssert.Values(same), "same seed");
        Assert.Equal(0, all.Average(), tolerance: 0.04);   // 100,000 of deviation 2: six standard errors
        Assert.Equal(4, all.Average(v => (double)v * v), tolerance: 0.15);
        Assert.True(all.Distinct().Count() > 1000);
        Assert.NotEqual(all[..1000], all[1000..2000]);
    }

    private static IEnumerable<OpCall> Calls(string name)
    {
        OpSpec spec = OpSpec.All.Single(s => s.Name == name);
        foreach (ImmutableArray<int> shape in spec.Shapes.Where(s => s[0] is > 0 and < 10).Take(6))
            yield return spec.Prepare(shape, spec.DTypes[^1], new SeededValues(1));
    }

    private static float[] Run(OpCall call, IBackend ops)
    {
        call.Run(ops);
        return KernelAssert.Values(call.Output);
    }
}
