using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Puna.Kernels;

/// <summary>The convention by which a function of machine code is called.</summary>
internal enum CallConvention
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

    /// <summary>How functions are called on this system.</summary>
    public static CallConvention Native => OperatingSystem.IsWindows() ? CallConvention.Microsoft : CallConvention.SystemV;

    /// <summary>The bytes of a function that takes a pointer to <see cref="PanelArguments"/>; they may lie anywhere.</summary>
    /// <param name="step">What a step is.</param>
    /// <param name="rows">Rows of a tile, 1 to 12.</param>
    /// <param name="convention">How the function is called.</param>
    public static byte[] Write(IPanelStep step, int rows, CallConvention convention)
    {
        PanelKernelWriter writer = new(step, rows);
        writer.Enter(convention);
        writer.GroupLoop();
        writer.Leave(convention);
        writer.WritePinned();
        using MemoryStream code = new();
        writer._c.Assemble(new StreamCodeWriter(code), rip: 0);
        return code.ToArray();
    }

    private void Enter(CallConvention convention)
    {
        foreach (AssemblerRegister64 register in Saved)
            _c.push(register);
        if (convention == CallConvention.Microsoft)
        {
            _c.sub(rsp, 16 * SavedVectors);
            for (int i = 0; i < SavedVectors; i++)
                _c.vmovups(__xmmword_ptr[rsp + 16 * i], new AssemblerRegisterXMM(Register.XMM6 + i));
        }

        _c.mov(rbx, convention == CallConvention.Microsoft ? rcx : rdi);
    }

    private void Leave(CallConvention convention)
    {
        if (convention == CallConvention.Microsoft)
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

    private void WritePinned()
    {
        foreach ((Label label, byte[] bytes) in _registers.Pinned)
        {
            Label here = label;
            _c.Label(ref here);
            _c.db(bytes);
        }
    }

    private void GroupLoop()
    {
        _step.Constants(_registers);
        Label nextGroup = Here();
        ClearSums();
        Copy(nameof(PanelArguments.Weights), nameof(PanelArguments.SegmentWeights));
        Copy(nameof(PanelArguments.X), nameof(PanelArguments.SegmentX));
        Copy(nameof(PanelArguments.Scales), nameof(PanelArguments.SegmentScales));
        Copy(nameof(PanelArguments.CodeSums), nameof(PanelArguments.SegmentCodeSums));
        Copy(nameof(PanelArguments.RowScales), nameof(PanelArguments.SegmentRowScales));
        SegmentLoop();
        StoreOutput();
        _c.dec(At(nameof(PanelArguments.GroupCount)));
        _c.jnz(nextGroup);
    }

    private void ClearSums()
    {
        StartTiles();
        _c.imul(r11, At(nameof(PanelArguments.GroupPanels)));
        _c.vpxord(zmm0, zmm0, zmm0);
        Label nextTile = Here();
        for (int row = 0; row < _rows; row++)
        {
            _c.vmovups(SumAt(row, 0), zmm0);
            _c.vmovups(SumAt(row, 1), zmm0);
        }

        EndTile(nextTile);
    }

    // r12: the segment's step count; r13: segments left
    private void SegmentLoop()
    {
        Load(r12, nameof(PanelArguments.SegmentSteps));
        _c.mov(r13d, Segments.Count);
        Label nextSegment = Here();
        _c.mov(edi, __dword_ptr[r12]);
        PanelLoop();

        _c.imul(rdi, rdi, _step.StepBytes);
        _c.add(At(nameof(PanelArguments.SegmentWeights)), rdi);
        _c.mov(At(nameof(PanelArguments.SegmentX)), _registers.Activations);
        _c.mov(At(nameof(PanelArguments.SegmentRowScales)), _registers.RowScales);
        Load(rax, nameof(PanelArguments.ScaleStride));
        _c.add(At(nameof(PanelArguments.SegmentScales)), rax);
        Load(rax, nameof(PanelArguments.CodeSumStride));
        _c.add(At(nameof(PanelArguments.SegmentCodeSums)), rax);
        _c.add(r12, sizeof(int));
        _c.dec(r13);
        _c.jnz(nextSegment);
    }

    // rsi: where the segment begins in the panel; r15: panels left
    private void PanelLoop()
    {
        Load(rsi, nameof(PanelArguments.SegmentWeights));
        Load(_registers.Scales, nameof(PanelArguments.SegmentScales));
        Load(_registers.CodeSums, nameof(PanelArguments.SegmentCodeSums));
        Load(r10, nameof(PanelArguments.Sums));
        Load(r15, nameof(PanelArguments.GroupPanels));
        Label nextPanel = Here();
        Load(_registers.Activations, nameof(PanelArguments.SegmentX));
        Load(_registers.RowScales, nameof(PanelArguments.SegmentRowScales));
        SetPrefetch();
        Load(r11, nameof(PanelArguments.TileCount));
        TileLoop();
        _c.add(rsi, At(nameof(PanelArguments.PanelBytes)));
        _c.add(_registers.Scales, Panels.RowCount * sizeof(float));
        _c.add(_registers.CodeSums, Panels.RowCount * sizeof(int));
        _c.dec(r15);
        _c.jnz(nextPanel);
    }

    // rbp: how far ahead weights are fetched: to the next panel, or from the last one to the first one's next segment
    private void SetPrefetch()
    {
        Label set = _c.CreateLabel();
        Load(rbp, nameof(PanelArguments.PrefetchBytes));
        _c.cmp(r15, 1);
        _c.jne(set);
        _c.mov(rbp, rdi);
        _c.imul(rbp, At(nameof(PanelArguments.LastPrefetchPerStep)));
        _c.add(rbp, At(nameof(PanelArguments.LastPrefetchBytes)));
        _c.Label(ref set);
    }

    // edi: steps of the segment; ecx: steps left in a tile
    private void TileLoop()
    {
        Label chain = _c.CreateLabel(), rest = _c.CreateLabel(), oneByOne = _c.CreateLabel(), sum = _c.CreateLabel();
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

    // zmm2, zmm3: bias; k1, k2: columns that there are; r14: a row of the output; rdi: its stride; r15: panels left
    private void StoreOutput()
    {
        Label masked = _c.CreateLabel(), rows = _c.CreateLabel();
        Load(rdi, nameof(PanelArguments.YStride));
        Load(r10, nameof(PanelArguments.Sums));
        Load(r15, nameof(PanelArguments.GroupPanels));
        Label nextPanel = Here();
        _c.mov(rcx, At(nameof(PanelArguments.GroupCount)));
        _c.add(rcx, r15);
        _c.mov(rax, -1);
        _c.cmp(rcx, 2);   // the last panel of the last group
        _c.jne(masked);
        Load(rax, nameof(PanelArguments.LastColumns));
        _c.Label(ref masked);
        _c.kmovd(k1, eax);
        _c.kshiftrd(k2, k1, 16);
        LoadBias();

        Load(r14, nameof(PanelArguments.Y));
        Load(r11, nameof(PanelArguments.TileCount));
        _c.Label(ref rows);
        for (int row = 0; row < _rows; row++)
        {
            _c.vaddps(zmm0, zmm2, SumAt(row, 0));
            _c.vaddps(zmm1, zmm3, SumAt(row, 1));
            _c.vmovups(__zmmword_ptr[r14].k1, zmm0);
            _c.vmovups(__zmmword_ptr[r14 + 64].k2, zmm1);
            _c.add(r14, rdi);
        }

        EndTile(rows);
        Load(rax, nameof(PanelArguments.PanelBytes));
        _c.add(At(nameof(PanelArguments.Weights)), rax);
        foreach (string field in (string[])[nameof(PanelArguments.Y), nameof(PanelArguments.Scales), nameof(PanelArguments.CodeSums)])
            _c.add(At(field), Panels.RowCount * sizeof(float));
        _c.dec(r15);
        _c.jnz(nextPanel);
    }

    private void LoadBias()
    {
        Label none = _c.CreateLabel();
        _c.vpxord(zmm2, zmm2, zmm2);
        _c.vpxord(zmm3, zmm3, zmm3);
        Load(rax, nameof(PanelArguments.Bias));
        _c.test(rax, rax);
        _c.jz(none);
        _c.vmovups(zmm2.k1.z, __zmmword_ptr[rax]);
        _c.vmovups(zmm3.k2.z, __zmmword_ptr[rax + 64]);
        _c.add(At(nameof(PanelArguments.Bias)), Panels.RowCount * sizeof(float));
        _c.Label(ref none);
    }

    // r10: the sums of a tile; r11: tiles left
    private void StartTiles()
    {
        Load(r10, nameof(PanelArguments.Sums));
        Load(r11, nameof(PanelArguments.TileCount));
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

    private void Load(AssemblerRegister64 register, string field) => _c.mov(register, At(field));

    private void Copy(string from, string to)
    {
        Load(rax, from);
        _c.mov(At(to), rax);
    }

    private static AssemblerMemoryOperand At(string field) => __qword_ptr[rbx + PanelArguments.OffsetOf(field)];
}
