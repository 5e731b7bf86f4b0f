namespace Puna.Kernels.Gpu.Emulator.Memory;

/// <summary>Who accessed a byte of global memory in this launch, packed into 64 bits; 0 for nobody.</summary>
/// <param name="Bits">24 bits block + 1, 20 bits clock, 18 bits instruction, strong, non-coherent.</param>
internal readonly record struct AccessRecord(ulong Bits)
{
    private const uint MaximumTime = (1 << 20) - 1;

    public AccessRecord(int block, uint time, int instruction, bool isStrong, bool isNonCoherent)
        : this(((ulong)(block + 1) << 40) | ((ulong)Math.Min(time, MaximumTime) << 20) | (((ulong)instruction & 0x3FFFF) << 2)
            | (isStrong ? 2u : 0) | (isNonCoherent ? 1u : 0))
    {
    }

    public int Block => (int)(Bits >> 40) - 1;

    public uint Time => (uint)(Bits >> 20) & MaximumTime;

    public int Instruction => (int)(Bits >> 2) & 0x3FFFF;

    public bool IsStrong => (Bits & 2) != 0;

    public bool IsNonCoherent => (Bits & 1) != 0;
}
