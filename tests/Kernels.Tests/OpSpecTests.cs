using Puna.Kernels.Cpu;
using Puna.TestKit;

namespace Puna.Kernels.Tests;

/// <summary>Every op, on every shape and dtype of its spec: the CPU against the definition.</summary>
public sealed class OpSpecTests : IDisposable
{
    private readonly CpuBackend _cpu = new(threads: 2), _alone = new(threads: 1);
    private readonly ReferenceBackend _reference = new();

    public static TheoryData<string> Names => [.. OpSpec.All.Select(s => s.Name)];

    public void Dispose()
    {
        _cpu.Dispose();
        _alone.Dispose();
        _reference.Dispose();
    }

    [Fact]
    public void Every_op_of_the_backend_has_a_spec()
    {
        string[] ops = ["Embed", "GatherRows", "RmsNorm", "MatMul", "Rope", "StoreKv", "Attend", "SiluMul", "Add", "Sample"];

        Assert.Equal(ops.Length, OpSpec.All.DistinctBy(s => s.Name.Split('/')[0]).Count());
        Assert.Equal(ops.Order(), typeof(IBackend).GetMethods().Select(m => m.Name).Where(n => n is not ("Mark" or "LayoutOf" or "FastestActivations" or "CreateRecorder" or "Flush")).Order());
    }

    [Theory, MemberData(nameof(Names))]
    public void Cpu_agrees_with_the_reference_on_every_shape(string name) => ForEachCall(name, (spec, shape, call, label) =>
    {
        float[] expected = Run(call, _reference), actual = Run(call, _cpu);

        KernelAssert.Close(expected, actual, spec.Tolerance(shape), label);
    });

    [Theory, MemberData(nameof(Names))]
    public void Cpu_gives_the_same_bits_on_one_thread_as_on_two(string name) => ForEachCall(name, (_, _, call, label) =>
    {
        float[] expected = Run(call, _alone), actual = Run(call, _cpu);

        KernelAssert.SameBits(expected, actual, label);
    });

    [Theory, MemberData(nameof(Names))]
    public void A_tolerance_notices_an_output_that_misses_its_last_tile(string name) => ForEachCall(name, (spec, shape, call, label) =>
    {
        float[] expected = Run(call, _reference);
        float[] broken = [.. expected];
        Array.Clear(broken, broken.Length - Math.Min(16, broken.Length), Math.Min(16, broken.Length));

        if (expected.Length > 0)
            Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => { KernelAssert.Close(expected, broken, spec.Tolerance(shape), label); });
    });

    private static float[] Run(OpCall call, IBackend backend)
    {
        for (long r = 0; r < call.Output.Rows; r++)
        {
            for (int c = 0; c < call.Output.Cols; c++)
                call.Output.Set(r, c, float.NaN);   // what is not written must show
        }

        call.Run(backend);
        return KernelAssert.Values(call.Output);
    }

    private static void ForEachCall(
        string name, Action<OpSpec, System.Collections.Immutable.ImmutableArray<int>, OpCall, string> test)
    {
        OpSpec spec = OpSpec.All.Single(s => s.Name == name);
        foreach (var shape in spec.Shapes)
        {
            foreach (DType type in spec.DTypes)
                test(spec, shape, spec.Prepare(shape, type, new SeededValues(seed: 1)), $"{name} {type} [{string.Join(", ", shape)}]");
        }
    }
}
