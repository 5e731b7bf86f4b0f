using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Iced.Intel;
using Puna.Kernels.Cpu;
using Puna.TestKit;
using static Iced.Intel.AssemblerRegisters;

namespace Puna.Kernels.Tests.MatMul;

/// <summary>A panel kernel called by hand: conventions, and kernels that are broken on purpose.</summary>
public sealed unsafe class X64KernelTests
{
    private const int InSize = 200, OutSize = 45, Rows = 14;   // two panels, the second cut; two tiles of seven

    public X64KernelTests() => Assert.SkipUnless(X64Features.Detect().Avx512, "skipped: no AVX-512");

    [Fact]
    public void A_kernel_called_by_hand_agrees_with_the_reference() => Close(Run(new F32Step(ActivationCode.F32)));

    [Fact]
    public void Swapped_vectors_are_noticed() => AssertNoticed(Run(new Mutant(StepWithSwappedVectors)));

    [Fact]
    public void A_row_that_is_dropped_is_noticed() => AssertNoticed(Run(new Mutant(StepWithoutLastRow)));

    [Fact]
    public void A_tile_that_is_dropped_is_noticed() => AssertNoticed(Run(new F32Step(ActivationCode.F32), tiles: 1));

    [Fact]
    public void A_panel_that_is_dropped_is_noticed() => AssertNoticed(Run(new F32Step(ActivationCode.F32), panels: 1));

    [Fact]
    public void Columns_that_the_output_lacks_are_not_written()
    {
        float[] room = Run(new F32Step(ActivationCode.F32), stride: 64);

        for (int row = 0; row < Rows; row++)
            Assert.All(room[(row * 64 + OutSize)..((row + 1) * 64)], v => Assert.True(float.IsNaN(v)));
    }

    [Fact]
    public void Microsoft_s_convention_gives_the_same_and_keeps_what_belongs_to_the_caller()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "skipped: every other test calls by this convention here");
        float[] expected = Run(new F32Step(ActivationCode.F32));
        byte[] before = new byte[176], after = new byte[176];
        new Random(7).NextBytes(before);

        float[] actual = Run(new F32Step(ActivationCode.F32), callMicrosoft: (code, arguments) =>
        {
            using ExecutableMemory bridge = new(BridgeToMicrosoft());
            fixed (byte* from = before, to = after)
                ((delegate* unmanaged<PanelArguments*, nint, byte*, byte*, void>)bridge.Address)((PanelArguments*)arguments, code, from, to);
        });

        KernelAssert.SameBits(expected, actual, "both conventions");
        Assert.Equal(before, after);
    }

    /// <summary>
    /// A System V function (arguments, code, from, to) that fills the registers that only Microsoft's convention leaves with
    /// the caller (xmm6 to xmm15, rsi, rdi), calls the code with a Microsoft caller's stack, and stores what they hold then.
    /// </summary>
    private static byte[] BridgeToMicrosoft()
    {
        Assembler c = new(64);
        c.push(rbx);
        c.mov(rbx, rcx);
        c.mov(rcx, rdi);
        c.mov(rax, rsi);
        for (int i = 0; i < 10; i++)
            c.movups(new AssemblerRegisterXMM(Register.XMM6 + i), __xmmword_ptr[rdx + 16 * i]);
        c.mov(rsi, __qword_ptr[rdx + 160]);
        c.mov(rdi, __qword_ptr[rdx + 168]);
        c.sub(rsp, 32);
        c.call(rax);
        c.add(rsp, 32);
        for (int i = 0; i < 10; i++)
            c.movups(__xmmword_ptr[rbx + 16 * i], new AssemblerRegisterXMM(Register.XMM6 + i));
        c.mov(__qword_ptr[rbx + 160], rsi);
        c.mov(__qword_ptr[rbx + 168], rdi);
        c.pop(rbx);
        c.ret();
        using MemoryStream code = new();
        c.Assemble(new StreamCodeWriter(code), rip: 0);
        return code.ToArray();
    }

    private static void Close(float[] actual) => KernelAssert.Close(Expected(), actual, Puna.Kernels.MatMul.Specs[0].Tolerance([Rows, InSize]), "kernel");

    private static void AssertNoticed(float[] actual) => Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => Close(actual));

    private static float[] Expected()
    {
        Tensor y = Tensor.Allocate(DType.F32, Rows, OutSize);
        Puna.Kernels.MatMul.Reference(Activations(), new Linear(Weights()), y);
        return KernelAssert.Values(y);
    }

    private static Tensor Activations() => new SeededValues(seed: 8).Normal(DType.F32, Rows, InSize);

    private static Tensor Weights() => new SeededValues(seed: 9).Normal(DType.F32, OutSize, InSize);

    private static float[] Run(IPanelStep step, int tiles = 2, int panels = 2, int stride = OutSize, Action<nint, nint>? callMicrosoft = null)
    {
        Part part = Part.Allocate(new PartFormat(DType.F32), WeightLayout.Panels, OutSize, InSize);
        part.Fill(0, Weights());
        RowTiles cut = new(Rows, blockRows: Rows);
        Tensor packed = Tensor.Allocate(DType.F32, Rows, InSize), sums = Tensor.Allocate(DType.F32, 2 * Rows, 32), y = Tensor.Allocate(DType.F32, Rows, stride);
        y.Span<float>().Fill(float.NaN);
        ActivationPacker packer = new(Activations(), cut, step.Packing, (nint)First(packed));
        for (int tile = 0; tile < cut.Count; tile++)
            ActivationPacker.Pack(in packer, tile);
        int* steps = stackalloc int[Segments.Count];
        for (int segment = 0; segment < Segments.Count; segment++)
            steps[segment] = Segments.Start(InSize, segment + 1) - Segments.Start(InSize, segment);

        PanelArguments arguments = new()
        {
            Weights = (byte*)First(part.Codes),
            PanelBytes = part.Codes.Cols,
            GroupCount = 1,
            GroupPanels = panels,
            X = (byte*)First(packed),
            TileCount = tiles,
            SegmentSteps = steps,
            Sums = (float*)First(sums),
            Y = (float*)First(y),
            YStride = stride * sizeof(float),
            LastColumns = panels == 2 ? (1u << (OutSize - 32)) - 1 : uint.MaxValue,
        };
        CallConvention convention = callMicrosoft is null ? PanelKernelWriter.Native : CallConvention.Microsoft;
        using ExecutableMemory code = new(PanelKernelWriter.Write(step, cut.LargeRows, convention));
        if (callMicrosoft is null)
            ((delegate* unmanaged<PanelArguments*, void>)code.Address)(&arguments);
        else
            callMicrosoft(code.Address, (nint)(&arguments));
        return KernelAssert.Values(y);
    }

    private static void* First(Tensor tensor) => Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.Buffer.Span<byte>(0, 1)));

    // multiplies with the weights of the upper columns where the lower are due
    private static void StepWithSwappedVectors(PanelRegisters registers, int weightOffset, int activationOffset)
    {
        AssemblerRegisterZMM low = PanelRegisters.Free(0), high = PanelRegisters.Free(1);
        registers.Assembler.vmovups(high, __zmmword_ptr[registers.Weights + weightOffset]);
        registers.Assembler.vmovups(low, __zmmword_ptr[registers.Weights + (weightOffset + 64)]);
        registers.ForEachRow(activationOffset, low, high, 2, registers.Assembler.vfmadd231ps);
    }

    private static void StepWithoutLastRow(PanelRegisters registers, int weightOffset, int activationOffset) =>
        new F32Step(ActivationCode.F32).Step(registers with { Rows = registers.Rows - 1 }, weightOffset, activationOffset);

    /// <summary>F32 times F32 with another step.</summary>
    private sealed class Mutant(Action<PanelRegisters, int, int> step) : IPanelStep
    {
        private readonly F32Step _sound = new(ActivationCode.F32);

        public ActivationPacking Packing => _sound.Packing;

        public int StepBytes => _sound.StepBytes;

        public void Step(PanelRegisters registers, int weightOffset, int activationOffset) => step(registers, weightOffset, activationOffset);
    }
}
