using System.Runtime.CompilerServices;
using Puna.Kernels.Gpu.Emulator.Instructions;
using Puna.Kernels.Gpu.Emulator.Memory;
using Puna.Kernels.Gpu.Emulator.Numerics;
using Puna.Kernels.Gpu.Layouts;

namespace Puna.Kernels.Gpu.Emulator.Async;

/// <summary>
/// One warp's share of a <c>wgmma.mma_async</c> that is under way: 16 rows of A, all of B. Operands in shared memory are
/// lists of 16-byte chunks, found once at the issue.
/// </summary>
internal sealed unsafe class WarpgroupProduct
{
    private readonly int[] _a = new int[32];
    private readonly int[] _b = new int[512];
    private readonly uint[] _registersA = new uint[4 * 32];
    private WarpgroupMultiply _instruction = null!;      // set by Begin, before anything else
    private Warp _warp = null!;                          // the same
    private WarpgroupAccumulator _accumulator = null!;   // the same
    private bool _addsToD;
    private bool _isComputed;

    public WarpgroupAccumulator Accumulator => _accumulator;

    public WarpgroupMultiply Instruction => _instruction;

    /// <summary>Starts: finds and checks the operands; in the early schedule multiplies at once.</summary>
    /// <returns>false where an operand lies outside of shared memory.</returns>
    public bool Begin(
        Warp w, WarpgroupMultiply instruction, WarpgroupAccumulator accumulator, WgmmaDescriptor? a, WgmmaDescriptor b, bool addsToD)
    {
        (_warp, _instruction, _accumulator, _addsToD, _isComputed) = (w, instruction, accumulator, addsToD, false);
        if (a is { } left && !FindA(left))
            return false;
        if (!FindB(b))
            return false;
        if (a is null)
            CopyRegisters();
        if (w.Launch.Options.Checked)
        {
            SharedMemory memory = w.Block.Shared;
            Check(memory, ChunksA);
            Check(memory, ChunksB);
            memory.BeginReads(ChunksA);
            memory.BeginReads(ChunksB);
        }

        accumulator.Pending++;
        if (w.Launch.Options.Schedule == AsyncSchedule.Early)
            Compute();
        return true;
    }

    /// <summary>It has been waited for.</summary>
    public void End()
    {
        if (!_isComputed)
            Compute();
        if (_warp.Launch.Options.Checked)
        {
            SharedMemory memory = _warp.Block.Shared;
            memory.EndReads(ChunksA, _warp.ClockIndex);
            memory.EndReads(ChunksB, _warp.ClockIndex);
            if (_instruction.A.Length > 0)
                CheckRegisters();
        }

        _accumulator.Pending--;
    }

    private ReadOnlySpan<int> ChunksA => _instruction.A.Length > 0 ? [] : _a;

    private ReadOnlySpan<int> ChunksB => _b.AsSpan(0, 2 * _instruction.Shape.N);

    [SkipLocalsInit]
    private void Compute()
    {
        _isComputed = true;
        MatrixShape shape = _instruction.Shape;
        int n = shape.N, k = shape.K;
        float* left = stackalloc float[16 * 32];
        float* right = stackalloc float[n * k];
        float* sums = _accumulator.Sums;
        uint rows = LoadA(left);
        Span<ulong> columns = stackalloc ulong[4];
        columns.Clear();
        LoadB(right, columns);
        if (!_addsToD)
            _accumulator.Clear();
        if (rows != 0 || columns.ContainsAnyExcept(0UL))
            _accumulator.Undefine(rows, columns, _instruction.Index);
        SumOrder order = shape.Order(_warp.Launch.Options);
        if (shape.C == MatrixElement.S32)
        {
            float* products = stackalloc float[16 * n];
            new Span<float>(products, 16 * n).Clear();
            MatrixProduct.Multiply(left, right, products, 16, n, k, order);
            FragmentRows.AddSums(products, (int*)sums, 16 * n, shape.IsSaturated);
            return;
        }

        MatrixProduct.Multiply(left, right, sums, 16, n, k, order);
        if (shape.C == MatrixElement.F16)
            _accumulator.RoundF16();
    }

    private bool FindA(WgmmaDescriptor d)
    {
        int first = 16 * (_warp.Index & 3);
        for (int i = 0; i < 32; i++)
        {
            _a[i] = (int)(_instruction.IsTransposedA
                ? d.ChunkAlongRows(first / 8 + (i & 1), i >> 1)
                : d.ChunkAlongK(first + (i >> 1), i & 1));
        }

        return IsInside(_a, d, "A");
    }

    private bool FindB(WgmmaDescriptor d)
    {
        // along k: 8 columns of one chunk of k, then the same columns' other chunk; along n: all columns of one k
        int blocks = _instruction.Shape.N / 8;
        for (int i = 0; i < 2 * _instruction.Shape.N; i++)
        {
            _b[i] = (int)(_instruction.IsTransposedB
                ? d.ChunkAlongRows(i % blocks, i / blocks)
                : d.ChunkAlongK(8 * (i >> 4) + (i & 7), i >> 3 & 1));
        }

        return IsInside(ChunksB, d, "B");
    }

    private bool IsInside(ReadOnlySpan<int> chunks, WgmmaDescriptor d, string operand)
    {
        foreach (int chunk in chunks)
        {
            if (_warp.Block.Shared.Contains((ulong)chunk, SharedMemory.ChunkBytes))
                continue;
            if (_warp.IsNew(FindingKind.OutOfBounds, _instruction))
            {
                _warp.Report(FindingKind.OutOfBounds, _instruction, 0, (ulong)chunk,
                    $"Operand {operand} from 0x{d.Address:x} on (leading offset {d.LeadingBytes}, stride {d.StrideBytes}, swizzle {d.Swizzle}) "
                    + $"reaches shared address 0x{chunk:x}, outside of the block's shared memory.");
            }

            return false;
        }

        return true;
    }

    private void Check(SharedMemory memory, ReadOnlySpan<int> chunks)
    {
        int chunk = memory.FirstUnready(chunks, _warp.ClockIndex);
        if (chunk < 0)
            return;
        long inFlight = memory.FirstInFlight(chunk);
        if (inFlight < 0)
        {
            (uint, uint) known = (0, 0);
            AsyncReports.Hidden(_warp, _instruction, 0, memory.Hidden(_warp.ClockIndex, chunk, ref known));
        }
        else if (_warp.IsNew(FindingKind.InFlight, _instruction))
        {
            _warp.Report(FindingKind.InFlight, _instruction, 0, (ulong)inFlight,
                $"An asynchronous copy that has not been waited for writes the operand's byte 0x{inFlight:x}.");
        }
    }

    private void CopyRegisters()
    {
        for (int r = 0; r < 4; r++)
            new ReadOnlySpan<uint>(_warp.Words(_instruction.A[r]), 32).CopyTo(_registersA.AsSpan(32 * r));
    }

    private void CheckRegisters()
    {
        for (int r = 0; r < 4; r++)
        {
            if (new ReadOnlySpan<uint>(_warp.Words(_instruction.A[r]), 32).SequenceEqual(_registersA.AsSpan(32 * r, 32)))
                continue;
            if (_warp.IsNew(FindingKind.InFlight, _instruction))
            {
                _warp.Report(FindingKind.InFlight, _instruction, 0, 0,
                    $"The register {_warp.NameOf(_instruction.A[r])} of A was written before the product was waited for by wgmma.wait_group.");
            }

            return;
        }
    }

    // returns the rows with undefined elements
    private uint LoadA(float* left)
    {
        MatrixShape shape = _instruction.Shape;
        uint rows = 0;
        if (_instruction.A.Length > 0)
        {
            for (int r = 0; r < 4; r++)
            {
                FragmentRows.WidenRows(shape.A, _warp.Words(_instruction.A[r]), left + 8 * (r & 1) * shape.K + (r >> 1) * (shape.K / 2), shape.K);
                rows |= MatrixOperands.Quads(_warp.U[_instruction.A[r].Index]) << (8 * (r & 1));
            }
        }
        else
        {
            rows = LoadSharedA(left);
        }

        if (_instruction.NegatesA)
            Negate(left, 16 * shape.K);
        return rows;
    }

    private uint LoadSharedA(float* left)
    {
        MatrixShape shape = _instruction.Shape;
        SharedMemory memory = _warp.Block.Shared;
        byte* bytes = stackalloc byte[32 * SharedMemory.ChunkBytes];
        bool isUndefined = (memory.Gather(_a, bytes) & ByteState.Undefined) != 0;
        if (!_instruction.IsTransposedA)
        {
            MatrixElements.Widen(shape.A, bytes, left, 16 * shape.K);
        }
        else
        {
            // 16 rows of one k after the other
            float* columns = stackalloc float[16 * 16];
            MatrixElements.Widen(shape.A, bytes, columns, 16 * 16);
            for (int i = 0; i < 256; i++)
                left[(i & 15) * shape.K + (i >> 4)] = columns[i];
        }

        uint rows = 0;
        for (int i = 0; i < 32 && isUndefined; i++)
        {
            uint undefined = memory.UndefinedBytes(_a[i]);
            rows |= _instruction.IsTransposedA ? Pairs(undefined) << (8 * (i & 1)) : undefined == 0 ? 0 : 1u << (i >> 1);
        }

        return rows;
    }

    private void LoadB(float* right, Span<ulong> columns)
    {
        MatrixShape shape = _instruction.Shape;
        int n = shape.N, half = shape.K / 2;
        SharedMemory memory = _warp.Block.Shared;
        byte* bytes = stackalloc byte[2 * n * SharedMemory.ChunkBytes];
        bool isUndefined = (memory.Gather(ChunksB, bytes) & ByteState.Undefined) != 0;
        if (_instruction.IsTransposedB)
        {
            MatrixElements.Widen(shape.B, bytes, right, n * shape.K);
        }
        else
        {
            for (int i = 0; i < 2 * n; i += 8)
                FragmentRows.WidenColumns(shape.B, (uint*)(bytes + i * SharedMemory.ChunkBytes), right + (i >> 3 & 1) * half * n + 8 * (i >> 4), n);
        }

        if (isUndefined)
            UndefinedColumns(memory, columns);
        if (_instruction.NegatesB)
            Negate(right, n * shape.K);
    }

    private void UndefinedColumns(SharedMemory memory, Span<ulong> columns)
    {
        int n = _instruction.Shape.N, blocks = n / 8;
        for (int i = 0; i < 2 * n; i++)
        {
            uint undefined = memory.UndefinedBytes(_b[i]);
            if (undefined == 0)
                continue;
            if (_instruction.IsTransposedB)
                columns[i % blocks >> 3] |= (ulong)Pairs(undefined) << (8 * (i % blocks & 7));
            else
                columns[8 * (i >> 4) + (i & 7) >> 6] |= 1UL << (8 * (i >> 4) + (i & 7) & 63);
        }
    }

    private static void Negate(float* values, int count)
    {
        for (int i = 0; i < count; i++)
            values[i] = -values[i];
    }

    // which of eight 16-bit elements hold an undefined byte
    private static uint Pairs(uint bytes)
    {
        uint pairs = 0;
        for (int i = 0; i < 8; i++)
            pairs |= (bytes >> (2 * i) & 3) != 0 ? 1u << i : 0;
        return pairs;
    }
}
