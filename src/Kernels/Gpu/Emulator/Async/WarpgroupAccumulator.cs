using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using Puna.Kernels.Gpu.Emulator.Numerics;

namespace Puna.Kernels.Gpu.Emulator.Async;

/// <summary>
/// One warp's 16 rows of an accumulator of wgmma while products into it are under way. The values are taken out of the
/// registers at the first product and put back when the last has been waited for; in between the registers are undefined.
/// </summary>
internal sealed unsafe class WarpgroupAccumulator(Register[] registers, MatrixElement element, int n)
{
    private readonly float[] _sums = GC.AllocateUninitializedArray<float>(16 * n, pinned: true);
    private readonly byte[] _inherited = new byte[registers.Length * 32];
    private readonly ulong[] _columns = new ulong[4];
    private uint _rows;
    private bool _hasInherited;
    private int _origin = -1;

    public Register[] Registers => registers;

    /// <summary>Products that are not finished.</summary>
    public int Pending { get; set; }

    /// <summary>F32 or S32 values, [16, n].</summary>
    public float* Sums => (float*)Unsafe.AsPointer(ref _sums[0]);   // pinned by its allocation

    public Span<float> Values => _sums;

    /// <summary>Whether it is the accumulator of an instruction.</summary>
    public bool Is(Register[] others, MatrixElement type) => type == element && registers.AsSpan().SequenceEqual(others);

    /// <summary>Whether it shares a register with another.</summary>
    public bool Overlaps(Register[] others) => others.Any(o => registers.Any(r => r.Index == o.Index));

    /// <summary>Takes the values out of the registers.</summary>
    public void Take(Warp w, Instruction instruction)
    {
        Pending = 0;
        (_rows, _hasInherited, _origin) = (0, false, instruction.Index);
        Array.Clear(_columns);
        for (int i = 0; i < registers.Length; i++)
        {
            if (w.U[registers[i].Index] != 0)
                Inherit(w, i);
            if (element == MatrixElement.F16)
                FragmentRows.WidenRows(MatrixElement.F16, w.Words(registers[i]), Rows(i), n);
            else if ((i & 1) == 1)
                FragmentRows.Gather(w.Words(registers[i - 1]), w.Words(registers[i]), (uint*)Rows(i - 1), n);
        }

        Hide(w, instruction.Index);
    }

    /// <summary>Puts the values back; reports registers that were written in the meantime.</summary>
    public void Restore(Warp w, Instruction instruction)
    {
        CheckUntouched(w, instruction);
        if (element != MatrixElement.S32)
            FragmentRows.CanonicalNaN(Sums, 16 * n);
        for (int i = 0; i < registers.Length; i++)
        {
            if (element == MatrixElement.F16)
                FragmentRows.NarrowF16(Rows(i), n, w.Words(registers[i]));
            else if ((i & 1) == 1)
                FragmentRows.Scatter((uint*)Rows(i - 1), n, w.Words(registers[i - 1]), w.Words(registers[i]));
            w.Define(registers[i], Warp.All);
        }

        if (w.Launch.Options.Checked && (_rows != 0 || _hasInherited || _columns.AsSpan().ContainsAnyExcept(0UL)))
            Taint(w);
    }

    /// <summary>D = A · B: what was there does not count.</summary>
    public void Clear()
    {
        Values.Clear();
        (_rows, _hasInherited) = (0, false);
        Array.Clear(_columns);
    }

    /// <summary>Undefined rows of A and columns of B make rows and columns undefined.</summary>
    public void Undefine(uint rows, ReadOnlySpan<ulong> columns, int origin)
    {
        _rows |= rows;
        for (int i = 0; i < _columns.Length; i++)
            _columns[i] |= columns[i];
        _origin = origin;
    }

    /// <summary>An F16 accumulator is rounded after each product.</summary>
    public void RoundF16()
    {
        Span<Half> halves = stackalloc Half[n];
        for (int row = 0; row < 16; row++)
        {
            Span<float> values = Values.Slice(row * n, n);
            TensorPrimitives.ConvertToHalf(values, halves);
            TensorPrimitives.ConvertToSingle(halves, values);
        }
    }

    // the first of eight rows that a register (or a pair of them) holds
    private float* Rows(int register)
    {
        int column = element == MatrixElement.F16 ? register >> 1 : register >> 2;
        int half = element == MatrixElement.F16 ? register & 1 : register >> 1 & 1;
        return Sums + 8 * half * n + 8 * column;
    }

    private void Inherit(Warp w, int index)
    {
        if (!_hasInherited)
            Array.Clear(_inherited);
        _hasInherited = true;
        _origin = w.Origin[registers[index].Index];
        for (int lane = 0; lane < 32; lane++)
            _inherited[(index * 32) + lane] = w.UndefinedBytes(registers[index], lane);
    }

    private void Hide(Warp w, int origin)
    {
        if (!w.Launch.Options.Checked)
            return;
        foreach (Register r in registers)
        {
            new Span<uint>(w.Words(r), 32).Fill(uint.MaxValue);
            new Span<byte>(w.UB + (r.Index * 32), 32).Fill(0xF);
            w.U[r.Index] = Warp.All;
            w.Origin[r.Index] = origin;
        }
    }

    private void CheckUntouched(Warp w, Instruction instruction)
    {
        if (!w.Launch.Options.Checked)
            return;
        foreach (Register r in registers)
        {
            if (w.U[r.Index] == Warp.All && new ReadOnlySpan<uint>(w.Words(r), 32).IndexOfAnyExcept(uint.MaxValue) < 0)
                continue;
            if (w.IsNew(FindingKind.InFlight, instruction))
            {
                w.Report(FindingKind.InFlight, instruction, 0, 0,
                    $"The accumulator register {w.NameOf(r)} was written before the product was waited for by wgmma.wait_group.");
            }

            return;
        }
    }

    private void Taint(Warp w)
    {
        for (int i = 0; i < registers.Length; i++)
        {
            bool isPair = element == MatrixElement.F16;
            int half = isPair ? i & 1 : i >> 1 & 1, block = isPair ? i >> 1 : i >> 2;
            for (int lane = 0; lane < 32; lane++)
            {
                bool row = (_rows >> (8 * half + (lane >> 2)) & 1) != 0;
                int column = 8 * block + 2 * (lane & 3), inherited = _hasInherited ? _inherited[(i * 32) + lane] : 0;
                int bytes = isPair
                    ? (row || IsColumn(column) || (inherited & 3) != 0 ? 3 : 0) | (row || IsColumn(column + 1) || (inherited & 12) != 0 ? 12 : 0)
                    : row || IsColumn(column + (i & 1)) || inherited != 0 ? 15 : 0;
                w.SetUndefinedBytes(registers[i], lane, (byte)bytes, _origin);
            }
        }
    }

    private bool IsColumn(int column) => (_columns[column >> 6] >> (column & 63) & 1) != 0;
}
