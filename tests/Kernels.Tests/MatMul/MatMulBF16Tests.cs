using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Emulator;
using Puna.Kernels.Gpu.Emulator.Memory;
using Puna.Kernels.Gpu.Layouts;
using Puna.Kernels.Tests.Gpu;

namespace Puna.Kernels.Tests;

/// <summary>Laws of the products of BF16 on tensor cores, beside their specs.</summary>
public class MatMulBF16Tests
{
    public static TheoryData<string, int, int> Sums => [.. from name in (string[])["mat_mul_bf16", "mat_mul_bf16_wgmma"] from size in (int[])[200, 1032] select (name, size, 16)];

    // the order of the sums inside one instruction is not defined, so it is shuffled: by opcode and shape, as hardware may
    [Theory, MemberData(nameof(Sums))]
    public void A_row_has_the_same_bits_whoever_comes_along(string name, int inSize, int outSize)
    {
        float[] many = Run(name, [130, outSize, inSize]);

        foreach (int rows in (int[])[1, 7, 128])
            Assert.Equal(many[..(rows * outSize)], Run(name, [rows, outSize, inSize]));
    }

    [Theory, InlineData("mat_mul_bf16"), InlineData("mat_mul_bf16_wgmma")]
    public void Eight_segments_are_added_in_order(string name)
    {
        // one k per segment counts: 2^24 + 1 is 2^24 in F32, so the order of the eight shows
        float[] terms = [16777216, 1, -16777216, 1, 1, 16777216, 1, -16777216];
        int inSize = 1024;
        Tensor x = Tensor.Allocate(DType.BF16, 1, inSize), w = Tensor.Allocate(DType.BF16, 8, inSize);
        for (int segment = 0; segment < Segments.Count; segment++)
        {
            x.Set(0, Segments.Start(inSize, segment) + 5, terms[segment]);
            for (int n = 0; n < 8; n++)
                w.Set(n, Segments.Start(inSize, segment) + 5, 1);
        }

        KernelCall call = KernelSpecs.Prepare(KernelSpecs.Find(name), [1, 8, inSize], GpuArch.Sm90a);
        KernelCall changed = call with { Arguments = [With(call.Arguments[0], x), With(call.Arguments[1], w), .. call.Arguments[2..]] };

        Assert.Equal(Enumerable.Repeat(terms.Aggregate((sum, term) => sum + term), 8), Run(changed));
    }

    [Theory, InlineData(200), InlineData(1032)]
    public void Swizzled_tiles_have_no_bank_conflicts(int inSize)
    {
        KernelCall call = KernelSpecs.Prepare(KernelSpecs.Find("mat_mul_bf16"), [100, 128, inSize], GpuArch.Sm80);

        Counters counters = Launch(call).Counters;

        Assert.True(counters.SharedRequests > 0);
        Assert.Equal(0, counters.SharedConflicts);
    }

    [Theory, InlineData(12, 64), InlineData(64, 12), InlineData(0, 64)]
    public void Sizes_are_multiples_of_eight(int outSize, int inSize)
    {
        string message = $"MatMulBF16: the weight is [{outSize}, {inSize}], but multiples of 8 were expected (copies move 16 bytes).";

        Assert.Equal(message, Assert.Throws<ArgumentException>(() => MatMulBF16.Ptx(outSize, inSize, GpuArch.Sm80)).Message);
        Assert.Equal(message, Assert.Throws<ArgumentException>(() => MatMulBF16.WgmmaPtx(outSize, inSize)).Message);
    }

    private static float[] Run(string name, ImmutableArray<int> shape) => Run(KernelSpecs.Prepare(KernelSpecs.Find(name), shape, GpuArch.Sm90a));

    private static float[] Run(KernelCall call) => Launch(call).Output;

    private static (Counters Counters, float[] Output) Launch(KernelCall call)
    {
        using EmulatedMemory memory = new();
        PtxEmulator emulator = new(memory, new EmulatorOptions { ShuffleSums = true, Seed = 3 });
        Dictionary<string, ulong> addresses = [];
        foreach (KernelArgument a in call.Arguments.Where(a => a.Kind != ArgumentKind.Scalar))
        {
            addresses[a.Name] = memory.Allocate(Math.Max(a.Bytes.Length, a.UndefinedBytes), name: a.Name).Address;
            if (a.UndefinedBytes == 0)
                memory.Write(addresses[a.Name], a.Bytes.Span);
        }

        ReadOnlyMemory<byte>[] arguments = [.. call.Arguments.Select(a => a.Kind switch
        {
            ArgumentKind.Scalar => a.Bytes,
            ArgumentKind.Buffer => BitConverter.GetBytes(addresses[a.Name]),
            _ => TensorMapCode.Encode(a.Map! with { Address = addresses[a.Name] }).Bytes.AsMemory(),   // such arguments have one
        })];
        LaunchReport report = emulator.Launch(emulator.Load(call.Kernel.Ptx!, call.Kernel.Entry), call.Grid, call.Kernel.Block, arguments, call.Kernel.DynamicSharedBytes);
        Assert.Empty(report.Reports);
        float[] y = new float[call.Expected[0].Values.Length / sizeof(float)];
        Assert.Equal(0, memory.Read(addresses["y"], MemoryMarshal.AsBytes(y.AsSpan())).Count);
        return (report.Counters, y);
    }

    private static KernelArgument With(KernelArgument argument, Tensor values) =>
        argument with { Bytes = MemoryMarshal.AsBytes(values.Span<ushort>()).ToArray() };
}
