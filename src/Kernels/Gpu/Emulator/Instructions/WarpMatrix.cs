using Puna.Kernels.Gpu.Emulator.Memory;
using Puna.Kernels.Gpu.Emulator.Numerics;
using Puna.Kernels.Gpu.Emulator.Syntax;

namespace Puna.Kernels.Gpu.Emulator.Instructions;

/// <summary>
/// Where the elements of a <c>wmma</c> fragment lie. The ISA leaves that open, so the order is our own: bits of the
/// matrix by rows, a lane's registers one after the other; operands that have more room than elements repeat them.
/// </summary>
/// <param name="Rows">Rows.</param>
/// <param name="Columns">Columns.</param>
/// <param name="Element">Type of the elements.</param>
/// <param name="Registers">Registers of a lane.</param>
internal sealed record WarpMatrixLayout(int Rows, int Columns, MatrixElement Element, int Registers)
{
    /// <summary>Elements of the matrix.</summary>
    public int Count => Rows * Columns;

    /// <summary>Elements in one register.</summary>
    public int PerRegister => Element == MatrixElement.F64 ? 1 : 32 / Element.Bits();

    /// <summary>Elements of one lane.</summary>
    public int PerLane => Registers * PerRegister;

    /// <summary>The place of an element, the first where it stands in several: lane, register, and which of the register's.</summary>
    public (int Lane, int Register, int Within) At(int element) =>
        (element / PerLane, element % PerLane / PerRegister, element % PerRegister);
}

/// <summary><c>wmma.load</c> and <c>wmma.store</c>.</summary>
internal sealed unsafe class WarpMatrixTransfer(
    WarpMatrixLayout layout, Register[] registers, (Register Base, long Offset, StateSpace Space) address, Register leading, bool isRow, bool isLoad)
    : Instruction
{
    /// <inheritdoc/>
    public override void Execute(Warp w, uint mask)
    {
        if (!MatrixOperands.IsTogether(this, w, mask) || AccessHelper.Addresses(w, this, Warp.All, address.Base, address.Offset) != Warp.All)
            return;
        int bits = layout.Element.Bits();
        ulong start = w.Addresses[0], stride = w.Value(leading, 0) * (ulong)bits / 8;
        for (int lane = 1; lane < 32; lane++)
        {
            if (w.Addresses[lane] != start)
                Async.AsyncReports.Misuse(w, this, lane, w.Addresses[lane], $"The address is 0x{w.Addresses[lane]:x} here but 0x{start:x} in lane 0: all must give the same.");
        }

        // a line of the matrix is moved in pieces that a register holds, or single elements where those lie apart
        int lines = isRow ? layout.Rows : layout.Columns, length = isRow ? layout.Columns : layout.Rows;
        int piece = bits < 8 ? 8 / bits : 1, bytes = Math.Max(1, bits / 8);
        for (int line = 0; line < lines; line++)
        {
            for (int i = 0; i < length; i += piece)
                Move(w, start + ((ulong)line * stride) + ((ulong)i * (ulong)bits / 8), bytes, isRow ? (line * layout.Columns) + i : (i * layout.Columns) + line, piece);
        }
    }

    private void Move(Warp w, ulong from, int bytes, int element, int piece)
    {
        (int lane, _, _) = layout.At(element);
        Place place = MemoryAccess.Find(w, this, lane, address.Space, from, bytes, isLoad ? AccessKind.Read : AccessKind.Write);
        if (place.Data is null)
            return;
        int bits = layout.Element.Bits();
        for (int p = 0; p < piece; p++)
        {
            int index = isRow ? element + p : element + (p * layout.Columns);
            if (!isLoad)
            {
                Store(w, place, index, p * bits, bytes);
                continue;
            }

            ulong value = 0;
            Buffer.MemoryCopy(place.Data, &value, 8, bytes);
            bool isUndefined = place.Undefined(bytes) != 0;
            for (int copy = index; copy < layout.PerLane * 32; copy += layout.Count)
                Set(w, copy, value >> (p * bits), isUndefined);
        }
    }

    private void Store(Warp w, Place place, int index, int shift, int bytes)
    {
        (int lane, int register, int within) = layout.At(index);
        Register r = registers[register];
        int bits = layout.Element.Bits();
        ulong value = w.Value(r, lane) >> (within * (bits & 63));
        ulong old = 0, mask = bits == 64 ? ulong.MaxValue : ((1UL << bits) - 1) << shift;
        Buffer.MemoryCopy(place.Data, &old, 8, bytes);
        value = (old & ~mask) | ((value << shift) & mask);
        Buffer.MemoryCopy(&value, place.Data, 8, bytes);
        int undefined = w.UndefinedBytes(r, lane);
        for (int i = 0; i < bytes; i++)
            place.State[i] = (byte)(undefined >> ((within * bits / 8) + i) & 1);
    }

    private void Set(Warp w, int slot, ulong value, bool isUndefined)
    {
        int lane = slot / layout.PerLane, register = slot % layout.PerLane / layout.PerRegister, within = slot % layout.PerRegister;
        Register r = registers[register];
        int bits = layout.Element.Bits(), undefined = w.UndefinedBytes(r, lane);
        if (bits == 64)
        {
            ((ulong*)w.Words(r))[lane] = value;
            w.SetUndefinedBytes(r, lane, (byte)(isUndefined ? 0xFF : 0), Index);
            return;
        }

        uint mask = bits == 32 ? uint.MaxValue : ((1u << bits) - 1) << (within * bits);
        w.Words(r)[lane] = (w.Words(r)[lane] & ~mask) | (((uint)value << (within * bits)) & mask);
        int own = ((1 << Math.Max(1, bits / 8)) - 1) << (within * bits / 8);
        w.SetUndefinedBytes(r, lane, (byte)(isUndefined ? undefined | own : undefined & ~own), Index);
    }
}

/// <summary><c>wmma.mma</c>: D = A · B + C on fragments of <see cref="WarpMatrixLayout"/>.</summary>
internal sealed unsafe class WarpMatrixMultiply(
    MatrixShape shape, WarpMatrixLayout layoutA, WarpMatrixLayout layoutB, WarpMatrixLayout layoutC, WarpMatrixLayout layoutD,
    Register[] d, Register[] a, Register[] b, Register[] c) : Instruction
{
    /// <inheritdoc/>
    public override void Execute(Warp w, uint mask)
    {
        if (!MatrixOperands.IsTogether(this, w, mask))
            return;
        double[] left = Load(w, layoutA, a, out bool[] lostA), right = Load(w, layoutB, b, out bool[] lostB), sums = Load(w, layoutC, c, out bool[] lostC);
        SumOrder order = shape.Order(w.Launch.Options);
        for (int row = 0; row < shape.M; row++)
        {
            for (int column = 0; column < shape.N; column++)
                sums[(row * shape.N) + column] = Dot(left, right, sums[(row * shape.N) + column], row, column, order);
        }

        for (int i = 0; i < layoutD.Count; i++)
        {
            int row = i / shape.N, column = i % shape.N;
            bool isLost = lostC[i] || lostA.AsSpan(row * shape.K, shape.K).Contains(true);
            for (int k = 0; k < shape.K && !isLost; k++)
                isLost = lostB[(k * shape.N) + column];
            Store(w, i, sums[i], isLost);
        }
    }

    private double Dot(double[] left, double[] right, double c, int row, int column, SumOrder order)
    {
        double sum = 0;
        bool isF64 = shape.C == MatrixElement.F64, isInteger = shape.C == MatrixElement.S32;
        for (int i = 0; i <= shape.K; i++)
        {
            if (i == order.AccumulatorAt)
                sum = isF64 || isInteger ? sum + c : (float)sum + (float)c;
            if (i == shape.K)
                break;
            double x = left[(row * shape.K) + order.Order[i]], y = right[(order.Order[i] * shape.N) + column];
            sum = shape.A == MatrixElement.B1 ? sum + (shape.IsXor ? (x != y ? 1 : 0) : x * y)
                : isF64 || isInteger ? Math.FusedMultiplyAdd(x, y, sum) : MathF.FusedMultiplyAdd((float)x, (float)y, (float)sum);
        }

        return sum;
    }

    private static double[] Load(Warp w, WarpMatrixLayout layout, Register[] registers, out bool[] isLost)
    {
        double[] values = new double[layout.Count];
        isLost = new bool[layout.Count];
        int bits = layout.Element.Bits();
        for (int i = 0; i < values.Length; i++)
        {
            (int lane, int register, int within) = layout.At(i);
            ulong raw = w.Value(registers[register], lane);
            values[i] = Value(layout.Element, bits == 64 ? raw : raw >> (within * bits) & ((1UL << bits) - 1));
            int bytes = Math.Max(1, bits / 8);
            isLost[i] = (w.UndefinedBytes(registers[register], lane) >> (within * bits / 8) & ((1 << bytes) - 1)) != 0;
        }

        return values;
    }

    private static double Value(MatrixElement element, ulong raw) => element switch
    {
        MatrixElement.F16 => Codes.FromF16((uint)raw),
        MatrixElement.BF16 => Codes.FromBF16((uint)raw),
        MatrixElement.TF32 => Codes.FromTF32((uint)raw),
        MatrixElement.F32 => BitConverter.UInt32BitsToSingle((uint)raw),
        MatrixElement.F64 => BitConverter.UInt64BitsToDouble(raw),
        MatrixElement.S8 => (sbyte)raw,
        MatrixElement.S4 => (sbyte)(raw << 4) >> 4,
        MatrixElement.S32 => (int)raw,
        _ => raw,
    };

    private void Store(Warp w, int index, double value, bool isLost)
    {
        (int lane, int register, int within) = layoutD.At(index);
        Register r = d[register];
        if (layoutD.Element == MatrixElement.F64)
        {
            w.Set(r, lane, BitConverter.DoubleToUInt64Bits(value));
            w.SetUndefinedBytes(r, lane, (byte)(isLost ? 0xFF : 0), Index);
            return;
        }

        if (layoutD.Element == MatrixElement.F16)
        {
            int own = 3 << (2 * within), undefined = within == 0 ? 0 : w.UndefinedBytes(r, lane);
            ((ushort*)w.Words(r))[(2 * lane) + within] = (ushort)Codes.ToF16((float)value);
            w.SetUndefinedBytes(r, lane, (byte)(isLost ? undefined | own : undefined & ~own), Index);
            return;
        }

        w.Words(r)[lane] = layoutD.Element == MatrixElement.S32
            ? (uint)(shape.IsSaturated ? (int)Math.Clamp(value, int.MinValue, int.MaxValue) : (int)(long)value)
            : BitConverter.SingleToUInt32Bits(F32Arithmetic.Canonical((float)value));
        w.SetUndefinedBytes(r, lane, (byte)(isLost ? 15 : 0), Index);
    }
}
