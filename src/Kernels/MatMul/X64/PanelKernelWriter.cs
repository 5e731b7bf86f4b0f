using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Puna.Kernels;

/// <summary>The convention by which a function of machine code is called.</summary>
internal enum CallingConvention
{
    /// <summary>Linux and others: System V ABI, AMD64 supplement.</summary>
    SystemV,

    /// <summary>Windows: Microsoft x64.</summary>
    Microsoft,
}

/// <summary>
/// Writes the machine code of a product of panels with row tiles: for each panel, for each segment, for each tile, a
/// chain of steps whose sums stay in registers and are then added to those of the segments before.
/// </summary>
/// <remarks>
/// An output is zero, plus the sum of each segment in order, plus its bias; a segment's sum is a chain over k from zero on. Nothing in
/// that order depends on the size of a tile or on how many there are. The activations are one run of bytes, which is
/// read from beginning to end once for each panel.
/// </remarks>
internal sealed class PanelKernelWriter
{
    private const int SavedVectors = 10;   // xmm6 to xmm15 belong to the caller in Microsoft's convention

    private static readonly AssemblerRegister64[] Saved = [rbx, rbp, rsi, rdi, r12, r13, r14, r15];

    private readonly Assembler _c = new(64);
    private readonly IPanelStep _step;
    private readonly PanelRegisters _registers;
    private readonly int _rows;
    private readonly int _unroll;

    private PanelKernelWriter(IPanelStep step, int rows)
    {
        (_step, _rows, _registers) = (step, rows, new PanelRegisters(_c, rows));
        _unroll = rows <= 4 ? 8 : 4;
    }

    /// <summary>The bytes of a function that takes a pointer to <see cref="PanelArguments"/>; they may lie anywhere.</summary>
    /// <param name="step">What a step is.</param>
    /// <param name="rows">Rows of a tile, 1 to 12.</param>
    /// <param name="convention">How the function is called.</param>
    public static byte[] Write(IPanelStep step, int rows, CallingConvention convention)
    {
        PanelKernelWriter writer = new(step, rows);
        writer.Enter(convention);
        writer.PanelLoop();
        writer.Leave(convention);
        using MemoryStream code = new();
        writer._c.Assemble(new StreamCodeWriter(code), rip: 0);
        return code.ToArray();
    }

    private void Enter(CallingConvention convention)
    {
        foreach (AssemblerRegister64 register in Saved)
            _c.push(register);
        if (convention == CallingConvention.Microsoft)
        {
            _c.sub(rsp, 16 * SavedVectors);
            for (int i = 0; i < SavedVectors; i++)
                _c.vmovups(__xmmword_ptr[rsp + 16 * i], new AssemblerRegisterXMM(Register.XMM6 + i));
        }

        _c.mov(rbx, convention == CallingConvention.Microsoft ? rcx : rdi);
    }

    private void Leave(CallingConvention convention)
    {
        if (convention == CallingConvention.Microsoft)
        {
            for (int i = 0; i < SavedVectors; i++)
                _c.vmovups(new AssemblerRegisterXMM(Register.XMM6 + i), __xmmword_ptr[rsp + 16 * i]);
            _c.add(rsp, 16 * SavedVectors);
        }

        _c.vzeroupper();
        foreach (AssemblerRegister64 register in Saved.Reverse())
            _c.pop(register);
        _c.ret();
    }

    // rsi: where the segment begins in the panel; r12, r13: the segment's step count, segments left; r8, r9, r14: see PanelRegisters
    private void PanelLoop()
    {
        _step.Constants(_registers);
        _c.mov(rbp, Argument(nameof(PanelArguments.PrefetchBytes)));
        Label nextPanel = Here();
        ClearSums();
        _c.mov(rsi, Argument(nameof(PanelArguments.Weights)));
        _c.mov(_registers.Activations, Argument(nameof(PanelArguments.X)));
        _c.mov(r12, Argument(nameof(PanelArguments.SegmentSteps)));
        _c.mov(r13d, Segments.Count);
        _c.mov(_registers.Scales, Argument(nameof(PanelArguments.Scales)));
        _c.mov(_registers.CodeSums, Argument(nameof(PanelArguments.CodeSums)));
        _c.mov(_registers.RowScales, Argument(nameof(PanelArguments.RowScales)));

        Label nextSegment = Here();
        _c.mov(edi, __dword_ptr[r12]);
        TileLoop();
        _c.mov(rsi, _registers.Weights);
        _c.add(r12, sizeof(int));
        _c.add(_registers.Scales, Argument(nameof(PanelArguments.ScaleStride)));
        _c.add(_registers.CodeSums, Argument(nameof(PanelArguments.CodeSumStride)));
        _c.dec(r13);
        _c.jnz(nextSegment);

        _c.mov(Argument(nameof(PanelArguments.Weights)), rsi);
        StoreOutput();
        _c.add(Argument(nameof(PanelArguments.Scales)), Panels.RowCount * sizeof(float));
        _c.add(Argument(nameof(PanelArguments.CodeSums)), Panels.RowCount * sizeof(int));
        _c.dec(Argument(nameof(PanelArguments.PanelCount)));
        _c.jnz(nextPanel);
    }

    private void ClearSums()
    {
        StartTiles();
        _c.vpxord(zmm0, zmm0, zmm0);
        Label nextTile = Here();
        for (int row = 0; row < _rows; row++)
        {
            _c.vmovups(SumAt(row, 0), zmm0);
            _c.vmovups(SumAt(row, 1), zmm0);
        }

        EndTile(nextTile);
    }

    // edi: steps of the segment; ecx: steps left in a tile
    private void TileLoop()
    {
        Label chain = _c.CreateLabel(), rest = _c.CreateLabel(), oneByOne = _c.CreateLabel(), sum = _c.CreateLabel();
        StartTiles();
        Label nextTile = Here();
        _c.mov(_registers.Weights, rsi);
        _step.Begin(_registers);
        _c.mov(ecx, edi);
        _c.shr(ecx, (byte)int.Log2(_unroll));
        _c.jz(rest);
        _c.Label(ref chain);
        Steps(_unroll);
        _c.dec(ecx);
        _c.jnz(chain);

        _c.Label(ref rest);
        _c.mov(ecx, edi);
        _c.and(ecx, _unroll - 1);
        _c.jz(sum);
        _c.Label(ref oneByOne);
        Steps(1);
        _c.dec(ecx);
        _c.jnz(oneByOne);

        _c.Label(ref sum);
        _step.Finish(_registers);
        _registers.ForEachSum((row, half, register) =>
        {
            _c.vaddps(register, register, SumAt(row, half));
            _c.vmovups(SumAt(row, half), register);
        });
        _c.add(_registers.RowScales, sizeof(float) * _rows);
        EndTile(nextTile);
    }

    private void Steps(int count)
    {
        int activationBytes = _step.Packing.StepBytes(_rows);
        for (int i = 0; i < count; i++)
        {
            for (int line = 0; line < _step.StepBytes; line += 64)
                _c.prefetcht0(__byte_ptr[_registers.Weights + rbp + (i * _step.StepBytes + line)]);
            _step.Step(_registers, i * _step.StepBytes, i * activationBytes);
        }

        _c.add(_registers.Weights, count * _step.StepBytes);
        _c.add(_registers.Activations, count * activationBytes);
    }

    // zmm30, zmm31: bias; k1, k2: columns that there are; r14: a row of the output
    private void StoreOutput()
    {
        Label masked = _c.CreateLabel(), noBias = _c.CreateLabel(), rows = _c.CreateLabel();
        _c.mov(rax, -1);
        _c.cmp(Argument(nameof(PanelArguments.PanelCount)), 1);
        _c.jne(masked);
        _c.mov(rax, Argument(nameof(PanelArguments.LastColumns)));
        _c.Label(ref masked);
        _c.kmovd(k1, eax);
        _c.kshiftrd(k2, k1, 16);

        _c.vpxord(zmm30, zmm30, zmm30);
        _c.vpxord(zmm31, zmm31, zmm31);
        _c.mov(rax, Argument(nameof(PanelArguments.Bias)));
        _c.test(rax, rax);
        _c.jz(noBias);
        _c.vmovups(zmm30.k1.z, __zmmword_ptr[rax]);
        _c.vmovups(zmm31.k2.z, __zmmword_ptr[rax + 64]);
        _c.add(Argument(nameof(PanelArguments.Bias)), 128);
        _c.Label(ref noBias);

        _c.mov(r14, Argument(nameof(PanelArguments.Y)));
        _c.add(Argument(nameof(PanelArguments.Y)), 128);
        _c.mov(rdi, Argument(nameof(PanelArguments.YStride)));
        StartTiles();
        _c.Label(ref rows);
        for (int row = 0; row < _rows; row++)
        {
            _c.vaddps(zmm0, zmm30, SumAt(row, 0));
            _c.vaddps(zmm1, zmm31, SumAt(row, 1));
            _c.vmovups(__zmmword_ptr[r14].k1, zmm0);
            _c.vmovups(__zmmword_ptr[r14 + 64].k2, zmm1);
            _c.add(r14, rdi);
        }

        EndTile(rows);
    }

    // r10: the sums of a tile; r11: tiles left
    private void StartTiles()
    {
        _c.mov(r10, Argument(nameof(PanelArguments.Sums)));
        _c.mov(r11, Argument(nameof(PanelArguments.TileCount)));
    }

    private void EndTile(Label next)
    {
        _c.add(r10, 128 * _rows);
        _c.dec(r11);
        _c.jnz(next);
    }

    private Label Here()
    {
        Label label = _c.CreateLabel();
        _c.Label(ref label);
        return label;
    }

    private static AssemblerMemoryOperand SumAt(int row, int half) => __zmmword_ptr[r10 + (128 * row + 64 * half)];

    private static AssemblerMemoryOperand Argument(string field) => __qword_ptr[rbx + PanelArguments.OffsetOf(field)];
}
