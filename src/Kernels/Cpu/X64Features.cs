using System.Runtime.Intrinsics.X86;

namespace Puna.Kernels.Cpu;

/// <summary>
/// What an x86-64 processor offers to code that is assembled at run time: Intel SDM volume 2A, CPUID. A test may switch
/// anything off.
/// </summary>
/// <param name="Avx512">
/// The foundation with byte, word, doubleword and vector-length extensions, and F16 conversions; the system saves these registers.
/// </param>
/// <param name="BF16">Dot products of BF16 pairs: AVX512_BF16.</param>
/// <param name="Vnni">Dot products of bytes: AVX512_VNNI.</param>
/// <param name="Vbmi">Tables of bytes: AVX512_VBMI.</param>
public sealed record X64Features(bool Avx512, bool BF16, bool Vnni, bool Vbmi)
{
    /// <summary>A machine without any: products run on the framework's own vectors.</summary>
    public static X64Features None { get; } = new(false, false, false, false);

    /// <summary>Asks this machine; <see cref="None"/> unless it runs 64-bit code on Linux or Windows.</summary>
    public static X64Features Detect()
    {
        // the framework has looked at XCR0: the system saves the registers
        bool avx512 = X86Base.X64.IsSupported && SystemMemory.IsSupported
            && Avx512F.IsSupported && Avx512BW.VL.IsSupported && Avx512DQ.VL.IsSupported;
        if (!avx512 || X86Base.CpuId(0, 0).Eax < 7)
            return None;
        (int subleaves, _, int ecx, _) = X86Base.CpuId(7, 0);
        int eax = subleaves >= 1 ? X86Base.CpuId(7, 1).Eax : 0;
        return new X64Features(true, BF16: (eax & 1 << 5) != 0, Vnni: (ecx & 1 << 11) != 0, Vbmi: (ecx & 1 << 1) != 0);
    }
}
