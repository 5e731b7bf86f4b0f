using System.Numerics;
using Puna.Kernels.Gpu.Emulator.Memory;
using Puna.Kernels.Gpu.Emulator.Syntax;

namespace Puna.Kernels.Gpu.Emulator.Instructions;

/// <summary>
/// <c>ldmatrix</c>: 8 × 8 matrices of 16-bit elements. Lane 8i + r gives the address of row r of matrix i; lane 4g + t gets
/// elements 2t, 2t + 1 of row g, or of column g of the transpose.
/// </summary>
internal sealed unsafe class LoadMatrix(
    Register[] d, (Register Base, long Offset, StateSpace Space) address, bool isTransposed) : Instruction
{
    private const int RowBytes = 16;

    /// <inheritdoc/>
    public override void Execute(Warp w, uint mask)
    {
        if (!MatrixOperands.IsTogether(this, w, mask))
            return;
        uint lanes = d.Length == 4 ? Warp.All : (1u << (8 * d.Length)) - 1;
        lanes = AccessHelper.Addresses(w, this, lanes, address.Base, address.Offset);
        AccessHelper.Count(w, lanes, StateSpace.Shared, RowBytes, isWrite: false);
        ushort* elements = stackalloc ushort[64];
        uint* undefined = stackalloc uint[8];   // bytes of each row
        for (int i = 0; i < d.Length; i++)
        {
            uint any = 0;
            for (int row = 0; row < 8; row++)
                any |= undefined[row] = LoadRow(w, 8 * i + row, lanes, elements + 8 * row);
            Deal(w, d[i], elements, undefined, any);
        }
    }

    private uint LoadRow(Warp w, int lane, uint lanes, ushort* row)
    {
        Place place = (lanes >> lane & 1) == 0 ? default
            : MemoryAccess.Find(w, this, lane, address.Space, w.Addresses[lane], RowBytes, AccessKind.Read);
        if (place.Data is null)
        {
            new Span<ushort>(row, 8).Clear();
            return 0;
        }

        new ReadOnlySpan<byte>(place.Data, RowBytes).CopyTo(new Span<byte>(row, RowBytes));
        uint undefined = Shadow.Any(place.State, RowBytes) ? place.Undefined(RowBytes) : 0;
        if (undefined != 0 && w.IsNewNote(FindingKind.UndefinedLoad, this))
            w.Note(FindingKind.UndefinedLoad, this, lane, w.Addresses[lane], $"A row of 16 bytes at 0x{w.Addresses[lane]:x} is read, some of which nobody has written.");
        return undefined;
    }

    private void Deal(Warp w, Register register, ushort* elements, uint* undefined, uint any)
    {
        uint* words = w.Words(register);
        if (!isTransposed)
        {
            new ReadOnlySpan<uint>(elements, 32).CopyTo(new Span<uint>(words, 32));
        }
        else
        {
            for (int lane = 0; lane < 32; lane++)
                words[lane] = elements[(2 * (lane & 3) * 8) + (lane >> 2)] | ((uint)elements[(((2 * (lane & 3)) + 1) * 8) + (lane >> 2)] << 16);
        }

        if (any == 0)
        {
            w.Define(register, Warp.All);
            return;
        }

        for (int lane = 0; lane < 32; lane++)
        {
            int g = lane >> 2, t = lane & 3;
            uint bytes = isTransposed
                ? (undefined[2 * t] >> (2 * g) & 3) | ((undefined[(2 * t) + 1] >> (2 * g) & 3) << 2)
                : undefined[g] >> (4 * t) & 15;
            w.SetUndefinedBytes(register, lane, (byte)bytes, Index);
        }
    }
}

/// <summary><c>stmatrix</c>: <see cref="LoadMatrix"/> the other way round.</summary>
internal sealed unsafe class StoreMatrix(
    (Register Base, long Offset, StateSpace Space) address, Register[] a, bool isTransposed) : Instruction
{
    private const int RowBytes = 16;

    /// <inheritdoc/>
    public override void Execute(Warp w, uint mask)
    {
        if (!MatrixOperands.IsTogether(this, w, mask))
            return;
        uint lanes = a.Length == 4 ? Warp.All : (1u << (8 * a.Length)) - 1;
        lanes = AccessHelper.Addresses(w, this, lanes, address.Base, address.Offset);
        AccessHelper.Count(w, lanes, StateSpace.Shared, RowBytes, isWrite: true);
        ushort* row = stackalloc ushort[8];
        for (uint m = lanes; m != 0; m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            Register register = a[lane >> 3];
            uint undefined = Gather(w, register, lane & 7, row);
            Place place = MemoryAccess.Find(w, this, lane, address.Space, w.Addresses[lane], RowBytes, AccessKind.Write, (byte*)row);
            if (place.Data is null)
                continue;
            new ReadOnlySpan<byte>(row, RowBytes).CopyTo(new Span<byte>(place.Data, RowBytes));
            for (int i = 0; i < RowBytes; i++)
                place.State[i] = (byte)(undefined >> i & 1);
        }

        w.Team.Effects++;
    }

    // Elements of a row, and one bit for each undefined byte.
    private uint Gather(Warp w, Register register, int row, ushort* to)
    {
        ushort* halves = (ushort*)w.Words(register);
        bool any = w.U[register.Index] != 0;
        uint undefined = 0;
        for (int i = 0; i < 8; i++)
        {
            int lane = isTransposed ? (4 * i) + (row >> 1) : (4 * row) + (i >> 1), half = isTransposed ? row & 1 : i & 1;
            to[i] = halves[(2 * lane) + half];
            if (any)
                undefined |= ((uint)w.UndefinedBytes(register, lane) >> (2 * half) & 3) << (2 * i);
        }

        return undefined;
    }
}

/// <summary><c>movmatrix</c>: the transpose of an 8 × 8 matrix of 16-bit elements that a warp holds.</summary>
internal sealed unsafe class MoveMatrix(Register d, Register a) : Instruction
{
    /// <inheritdoc/>
    public override void Execute(Warp w, uint mask)
    {
        if (!MatrixOperands.IsTogether(this, w, mask))
            return;
        ushort* from = stackalloc ushort[64];
        byte* undefined = stackalloc byte[32];
        new ReadOnlySpan<ushort>(w.Words(a), 64).CopyTo(new Span<ushort>(from, 64));
        for (int lane = 0; lane < 32; lane++)
            undefined[lane] = w.UndefinedBytes(a, lane);
        int origin = w.OriginOfAny(Warp.All, a);
        for (int lane = 0; lane < 32; lane++)
        {
            int column = lane >> 2, row = 2 * (lane & 3);
            int first = (4 * row) + (column >> 1), second = first + 4, half = 2 * (column & 1);
            w.Words(d)[lane] = from[(8 * row) + column] | ((uint)from[(8 * (row + 1)) + column] << 16);
            w.SetUndefinedBytes(d, lane, (byte)((undefined[first] >> half & 3) | ((undefined[second] >> half & 3) << 2)), origin);
        }
    }
}
