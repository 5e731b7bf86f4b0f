using System.Diagnostics;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Puna.Kernels;

/// <summary>
/// How one step of a panel becomes multiply-adds: all that a pair of weight and activation types means to the machine.
/// <see cref="PanelKernelWriter"/> writes the loops around it.
/// </summary>
internal interface IPanelStep
{
    /// <summary>How activations are packed.</summary>
    ActivationPacking Packing { get; }

    /// <summary>Bytes of a step of the panel.</summary>
    int StepBytes { get; }

    /// <summary>Loads what every step needs, once: nothing, unless a step says otherwise.</summary>
    void Constants(PanelRegisters registers)
    {
    }

    /// <summary>Sets the sums to what a segment's chain begins from: zero, unless a step says otherwise.</summary>
    void Begin(PanelRegisters registers) => registers.ClearSums();

    /// <summary>
    /// Multiplies a step's weights, at <see cref="PanelRegisters.Weights"/> + <paramref name="weightOffset"/>, with each
    /// row's activations, at <see cref="PanelRegisters.Activations"/> + <paramref name="activationOffset"/>, and adds to the sums.
    /// </summary>
    void Step(PanelRegisters registers, int weightOffset, int activationOffset);

    /// <summary>Makes the sums of a segment into F32 numbers, scaled: nothing to do where they are that already.</summary>
    void Finish(PanelRegisters registers)
    {
    }
}

/// <summary>Which register holds what while a tile of rows is multiplied by a panel.</summary>
/// <param name="Assembler">Takes the instructions.</param>
/// <param name="Rows">Rows of the tile, at most 12.</param>
internal sealed record PanelRegisters(Assembler Assembler, int Rows)
{
    /// <summary>The most rows that sums have registers for.</summary>
    public const int MostRows = 12;

    /// <summary>Walks through the panel.</summary>
    public AssemblerRegister64 Weights { get; } = rax;

    /// <summary>Walks through the packed activations.</summary>
    public AssemblerRegister64 Activations { get; } = rdx;

    /// <summary>Where the 32 scales of this panel and segment are.</summary>
    public AssemblerRegister64 Scales { get; } = r8;

    /// <summary>Where the 32 numbers are that this panel's and segment's sums begin from.</summary>
    public AssemblerRegister64 CodeSums { get; } = r9;

    /// <summary>Where the scales of this tile's activations in this segment are, one for each row.</summary>
    public AssemblerRegister64 RowScales { get; } = r14;

    private const int PinnedTop = 2 * MostRows;   // registers below it that are no sums; output is stored by the lowest four

    /// <summary>Free vectors: 24 of 32 are sums.</summary>
    public const int FreeCount = 8;

    /// <summary>A row's sums of 16 columns; <paramref name="half"/> 0 for the lower ones, 1 for the upper.</summary>
    public AssemblerRegisterZMM Sum(int row, int half)
    {
        Debug.Assert(row < Rows && half is 0 or 1);
        return new AssemblerRegisterZMM(Register.ZMM0 + 2 * row + half);
    }

    /// <summary>A vector that a step may use.</summary>
    /// <param name="index">0 to 7.</param>
    public static AssemblerRegisterZMM Free(int index) => new(Register.ZMM24 + index);

    /// <summary>Sets all sums to zero, of any type.</summary>
    public void ClearSums() => ForEachSum((_, _, sum) => Assembler.vpxord(sum, sum, sum));

    /// <summary>Does something for each row and half.</summary>
    public void ForEachSum(Action<int, int, AssemblerRegisterZMM> body)
    {
        for (int row = 0; row < Rows; row++)
        {
            body(row, 0, Sum(row, 0));
            body(row, 1, Sum(row, 1));
        }
    }

    /// <summary>Multiplies sums that are F32 by the scales of their columns.</summary>
    public void ScaleColumns()
    {
        Assembler.vmovups(Free(0), __zmmword_ptr[Scales]);
        Assembler.vmovups(Free(1), __zmmword_ptr[Scales + 64]);
        ForEachSum((_, half, sum) => Assembler.vmulps(sum, sum, Free(half)));
    }

    /// <summary>
    /// Makes vectors of 64 bytes ready: in registers that a tile of few rows leaves free, else behind the code.
    /// </summary>
    public void Pin(params ReadOnlySpan<byte[]> vectors)
    {
        foreach (byte[] bytes in vectors)
        {
            Label label = Assembler.CreateLabel();
            if (2 * Rows + Pinned.Count < PinnedTop)
                Assembler.vmovdqu32(PinnedRegister(Pinned.Count), __zmmword_ptr[label]);
            Pinned.Add((label, bytes));
        }
    }

    /// <summary>Uses a pinned vector.</summary>
    /// <param name="index">Which.</param>
    /// <param name="free">Takes it if no register holds it.</param>
    /// <param name="body">Does not change the register.</param>
    public void WithPinned(int index, AssemblerRegisterZMM free, Action<AssemblerRegisterZMM> body)
    {
        if (IsPinned(index))
        {
            body(PinnedRegister(index));
            return;
        }

        Assembler.vmovdqu32(free, __zmmword_ptr[Pinned[index].Label]);
        body(free);
    }

    /// <summary>Replaces indices of 7 bits by what a table holds.</summary>
    /// <param name="indices">Bytes; their uppermost bits do not count.</param>
    /// <param name="table">The lower half of the table.</param>
    /// <param name="upperTable">The pinned upper half.</param>
    public void Lookup(AssemblerRegisterZMM indices, AssemblerRegisterZMM table, int upperTable)
    {
        if (IsPinned(upperTable))
            Assembler.vpermi2b(indices, table, PinnedRegister(upperTable));
        else
            Assembler.vpermi2b(indices, table, __zmmword_ptr[Pinned[upperTable].Label]);
    }

    /// <summary>Vectors that lie behind the code.</summary>
    public List<(Label Label, byte[] Bytes)> Pinned { get; } = [];

    private bool IsPinned(int index) => 2 * Rows + index < PinnedTop;

    private static AssemblerRegisterZMM PinnedRegister(int index) => new(Register.ZMM0 + PinnedTop - 1 - index);

    /// <summary>Adds the products of a row's activation, repeated in all lanes, with two vectors of weights.</summary>
    /// <param name="at">Byte of the first row's activation.</param>
    /// <param name="low">Weights of the lower columns.</param>
    /// <param name="high">Weights of the upper columns.</param>
    /// <param name="firstFree">Free vectors from this one on take the activations.</param>
    /// <param name="add">The instruction: sum, weights, activation.</param>
    public void ForEachRow(int at, AssemblerRegisterZMM low, AssemblerRegisterZMM high, int firstFree,
        Action<AssemblerRegisterZMM, AssemblerRegisterZMM, AssemblerRegisterZMM> add)
    {
        for (int row = 0; row < Rows; row++)
        {
            AssemblerRegisterZMM activation = Free(firstFree + row % (FreeCount - firstFree));
            Assembler.vbroadcastss(activation, __dword_ptr[Activations + (at + 4 * row)]);
            add(Sum(row, 0), low, activation);
            add(Sum(row, 1), high, activation);
        }
    }
}
