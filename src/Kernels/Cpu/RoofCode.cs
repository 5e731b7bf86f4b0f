using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Puna.Kernels.Cpu;

/// <summary>
/// A loop of one multiplying instruction on registers alone, in machine code: what the processor's arithmetic can do at
/// most. The framework has no intrinsic for some of these.
/// </summary>
internal sealed unsafe class RoofCode : IDisposable
{
    private const int Chains = 16;   // zmm16 to zmm31, which no calling convention saves
    private readonly ExecutableMemory _code;

    private RoofCode(ExecutableMemory code, int operations) => (_code, OperationsPerRound) = (code, operations);

    /// <summary>Additions and multiplications of a round.</summary>
    public int OperationsPerRound { get; }

    /// <summary>The loop for activations of a type, or nothing where the machine lacks the instruction.</summary>
    public static RoofCode? Create(ActivationType activations, X64Features features)
    {
        bool exists = features.Avx512 && activations switch
        {
            ActivationType.BF16 => features.BF16,
            ActivationType.I8 => features.Vnni,
            _ => true,
        };
        if (!exists)
            return null;
        int products = activations switch { ActivationType.BF16 => 2, ActivationType.I8 => 4, _ => 1 };
        return new RoofCode(new ExecutableMemory(Write(activations)), Chains * 16 * products * 2);
    }

    /// <summary>Runs the loop.</summary>
    /// <param name="rounds">How often, at least 1.</param>
    public void Run(long rounds) => ((delegate* unmanaged<long, void>)_code.Address)(rounds);

    /// <inheritdoc/>
    public void Dispose() => _code.Dispose();

    private static byte[] Write(ActivationType activations)
    {
        Assembler c = new(64);
        AssemblerRegister64 rounds = OperatingSystem.IsWindows() ? rcx : rdi;
        c.vpxord(zmm0, zmm0, zmm0);
        c.vpxord(zmm1, zmm1, zmm1);
        for (int i = 0; i < Chains; i++)
            c.vpxord(Sum(i), Sum(i), Sum(i));
        Label loop = c.CreateLabel();
        c.Label(ref loop);
        for (int i = 0; i < Chains; i++)
        {
            switch (activations)
            {
                case ActivationType.BF16: c.vdpbf16ps(Sum(i), zmm0, zmm1); break;
                case ActivationType.I8: c.vpdpbusd(Sum(i), zmm0, zmm1); break;
                default: c.vfmadd231ps(Sum(i), zmm0, zmm1); break;
            }
        }

        c.dec(rounds);
        c.jnz(loop);
        c.vzeroupper();
        c.ret();
        using MemoryStream bytes = new();
        c.Assemble(new StreamCodeWriter(bytes), rip: 0);
        return bytes.ToArray();
    }

    private static AssemblerRegisterZMM Sum(int i) => new(Register.ZMM16 + i);
}
