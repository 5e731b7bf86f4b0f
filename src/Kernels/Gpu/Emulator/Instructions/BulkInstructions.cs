using System.Numerics;
using Puna.Kernels.Gpu.Emulator.Async;
using Puna.Kernels.Gpu.Emulator.Memory;
using Puna.Kernels.Gpu.Emulator.Syntax;
using Puna.Kernels.Gpu.Layouts;

namespace Puna.Kernels.Gpu.Emulator.Instructions;

/// <summary>Where a bulk copy goes.</summary>
internal enum BulkDirection
{
    GlobalToShared,
    SharedToGlobal,
    SharedToShared,
}

/// <summary>Finds both sides of bulk copies, piece by piece.</summary>
internal static unsafe class BulkAccess
{
    private const ulong PieceBytes = 256;   // global memory keeps its records in pages: a piece lies in one

    /// <summary>Adds contiguous global bytes as one segment; false, after a report, where they are not all there.</summary>
    public static bool Add(
        Warp w, Instruction instruction, int lane, List<Segment> segments, long shared, ulong address, int bytes, AccessKind kind)
    {
        nint data = 0, state = 0;
        for (ulong at = address, end = address + (ulong)bytes; at < end;)
        {
            ulong next = Math.Min(end, (at & ~(PieceBytes - 1)) + PieceBytes);
            // the address was checked; a part of a row may begin and end anywhere
            int step = ((at | next) & 15) == 0 ? (int)(next - at) : 1;
            for (; at < next; at += (ulong)step)
            {
                Place place = MemoryAccess.Find(w, instruction, lane, StateSpace.Global, at, step, kind);
                if (place.Data is null)
                    return false;
                if (data == 0)
                    (data, state) = ((nint)place.Data, (nint)place.State);
            }
        }

        segments.Add(new Segment(shared, data, state, bytes));
        return true;
    }

    /// <summary>The block and offset of a shared address, inside of its memory; null, after a report, where it is not.</summary>
    public static (Block Block, long Offset)? Shared(Warp w, Instruction instruction, int lane, ulong address, long bytes, int alignment)
    {
        MemoryAccess.Resolve(ref address);
        Block? block = MemoryAccess.SharedOwner(w, address, out ulong offset);
        if (block is null || offset < PtxProgram.SharedBase || offset + (ulong)bytes > (ulong)block.Shared.Bytes)
        {
            if (w.IsNew(FindingKind.OutOfBounds, instruction))
                w.Report(FindingKind.OutOfBounds, instruction, lane, address, $"{bytes} bytes at shared address 0x{address:x} lie outside of the block's shared memory.");
            return null;
        }

        if (offset % (ulong)alignment == 0)
            return (block, (long)offset);
        if (w.IsNew(FindingKind.Misaligned, instruction))
            w.Report(FindingKind.Misaligned, instruction, lane, address, $"The shared address 0x{address:x} is no multiple of {alignment}.");
        return null;
    }

    /// <summary>The mbarrier that will count the bytes; it must be visible to the async proxy.</summary>
    public static TransactionBarrier? Barrier(Warp w, Instruction instruction, int lane, (Register Base, long Offset, StateSpace Space) operand)
    {
        ulong address = w.Value(operand.Base, lane) + (ulong)operand.Offset;
        if (operand.Base.Bits == 32)
            address = (uint)address;
        TransactionBarrier? barrier = BarrierAccess.Find(w, instruction, lane, operand.Space, address);
        // within one block a barrier suffices in practice, and compilers rely on it
        if (barrier is { IsPublished: false } && w.Team.Blocks.Length > 1 && w.Launch.Options.Checked && w.IsNew(FindingKind.MissingProxyFence, instruction))
        {
            w.Report(FindingKind.MissingProxyFence, instruction, lane, (ulong)barrier.Offset,
                $"The mbarrier at 0x{barrier.Offset:x} was initialised without a fence.proxy.async or fence.mbarrier_init after it, so the async proxy may not see it.");
        }

        return barrier;
    }

    /// <summary>Blocks of a multicast, or the one block alone.</summary>
    public static IEnumerable<Block> Targets(Warp w, Block block, Register mask, int lane)
    {
        if (mask.IsSink)
            return [block];
        ulong bits = w.Value(mask, lane);
        return w.Team.Blocks.Where(b => (bits >> b.Rank & 1) != 0);
    }
}

/// <summary><c>cp.async.bulk</c> and <c>cp.reduce.async.bulk</c> of contiguous bytes.</summary>
internal sealed unsafe class BulkCopyInstruction(
    BulkDirection direction, (Register Base, long Offset, StateSpace Space) target, (Register Base, long Offset, StateSpace Space) source,
    Register bytes, (Register Base, long Offset, StateSpace Space) barrier, Register multicast, BulkReduction? reduction) : Instruction
{
    private const int Alignment = 16;

    /// <inheritdoc/>
    public override void Execute(Warp w, uint mask)
    {
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            uint one = 1u << lane;
            if (AccessHelper.Addresses(w, this, one, target.Base, target.Offset) == 0)
                continue;
            ulong to = w.Addresses[lane];
            if (AccessHelper.Addresses(w, this, one, source.Base, source.Offset) == 0)
                continue;
            Start(w, lane, to, w.Addresses[lane], (long)w.Value(bytes, lane));
        }
    }

    private void Start(Warp w, int lane, ulong to, ulong from, long count)
    {
        if ((w.U[bytes.Index] >> lane & 1) != 0 && w.IsNew(FindingKind.UndefinedValue, this))
            w.Report(FindingKind.UndefinedValue, this, lane, 0, $"The size is undefined ({w.OriginOf(bytes)}).");
        if (count % Alignment != 0 || count is < 0 or > int.MaxValue)
        {
            AsyncReports.Misuse(w, this, lane, to, $"{count} bytes are to be copied, but only multiples of {Alignment} are possible.");
            return;
        }

        if (direction == BulkDirection.SharedToGlobal)
            Store(w, lane, to, from, (int)count);
        else
            Load(w, lane, to, from, (int)count);
    }

    private void Store(Warp w, int lane, ulong to, ulong from, int count)
    {
        if (BulkAccess.Shared(w, this, lane, from, count, Alignment) is not { } shared || !IsAligned(w, lane, to))
            return;
        List<Segment> segments = [];
        AccessKind kind = reduction is null ? AccessKind.Write : AccessKind.Atomic;
        if (!BulkAccess.Add(w, this, lane, segments, shared.Offset, to, count, kind))
            return;
        w.Tally.GlobalBytesWritten += count;
        w.Tally.SharedBytesRead += count;
        BulkCopy copy = new(w, this, lane) { Block = shared.Block, Segments = segments, IsLoad = false, Reduction = reduction };
        w.Bulk.Add(copy, lane);
        copy.Issue();
    }

    private void Load(Warp w, int lane, ulong to, ulong from, int count)
    {
        if (BulkAccess.Shared(w, this, lane, to, count, Alignment) is not { } shared || BulkAccess.Barrier(w, this, lane, barrier) is not { } counts)
            return;
        List<Segment> segments = [];
        (Block Block, long Offset)? origin = null;
        if (direction == BulkDirection.SharedToShared)
        {
            origin = BulkAccess.Shared(w, this, lane, from, count, Alignment);
            if (origin is not { } o)
                return;
            SharedMemory memory = o.Block.Shared;
            segments.Add(new Segment(shared.Offset, (nint)(memory.Data + o.Offset), (nint)(memory.State + o.Offset), count));
        }
        else if (!IsAligned(w, lane, from) || !BulkAccess.Add(w, this, lane, segments, shared.Offset, from, count, AccessKind.Read))
        {
            return;
        }

        w.Tally.GlobalBytesRead += direction == BulkDirection.GlobalToShared ? count : 0;
        w.Tally.SharedBytesWritten += count;
        foreach (Block block in BulkAccess.Targets(w, shared.Block, multicast, lane))
        {
            TransactionBarrier? own = multicast.IsSink ? counts : block.Transaction(counts.Offset);
            new BulkCopy(w, this, lane)
            {
                Block = block,
                Segments = segments,
                IsLoad = true,
                Barrier = own,
                SourceBlock = origin,
                Reduction = reduction,
            }.Issue();
        }
    }

    private bool IsAligned(Warp w, int lane, ulong address)
    {
        if (address % Alignment == 0)
            return true;
        if (w.IsNew(FindingKind.Misaligned, this))
            w.Report(FindingKind.Misaligned, this, lane, address, $"The global address 0x{address:x} is no multiple of {Alignment}.");
        return false;
    }
}

/// <summary><c>cp.async.bulk.tensor</c> and <c>cp.reduce.async.bulk.tensor</c>, tile mode.</summary>
internal sealed unsafe class TensorCopyInstruction(
    bool isLoad, (Register Base, long Offset, StateSpace Space) map, Register[] coordinates, (Register Base, long Offset, StateSpace Space) shared,
    (Register Base, long Offset, StateSpace Space) barrier, Register multicast, BulkReduction? reduction) : Instruction
{
    private const int MapAlignment = 64;
    private const int SharedAlignment = 128;

    /// <inheritdoc/>
    public override void Execute(Warp w, uint mask)
    {
        for (uint m = mask; m != 0; m &= m - 1)
            Start(w, BitOperations.TrailingZeroCount(m));
    }

    private void Start(Warp w, int lane)
    {
        if (TensorMapAccess.Read(w, this, lane, map, MapAlignment) is not { } layout)
            return;
        if (layout.Extents.Length != coordinates.Length)
        {
            AsyncReports.Misuse(w, this, lane, 0, $"The tensor map has {layout.Extents.Length} dimensions, but the instruction gives {coordinates.Length} coordinates.");
            return;
        }

        if (AccessHelper.Addresses(w, this, 1u << lane, shared.Base, shared.Offset) == 0)
            return;
        ulong address = w.Addresses[lane];
        long bytes = layout.Box.Aggregate((long)layout.Format.ByteSize(), (product, size) => product * size);
        int alignment = layout.Swizzle == SwizzleMode.None ? SharedAlignment : Math.Max(SharedAlignment, Swizzles.PeriodBytes(layout.Swizzle));
        if (BulkAccess.Shared(w, this, lane, address, bytes, alignment) is not { } place)
            return;
        List<Segment> segments = [];
        if (!AddBox(w, lane, layout, place.Offset, segments))
            return;
        if (isLoad)
            Load(w, lane, place.Block, segments, bytes);
        else
            Store(w, lane, place.Block, segments, bytes, layout.Format);
    }

    private void Load(Warp w, int lane, Block own, List<Segment> segments, long bytes)
    {
        if (BulkAccess.Barrier(w, this, lane, barrier) is not { } counts)
            return;
        w.Tally.GlobalBytesRead += segments.Where(s => s.Data != 0).Sum(s => (long)s.Bytes);
        w.Tally.SharedBytesWritten += bytes;
        foreach (Block block in BulkAccess.Targets(w, own, multicast, lane))
        {
            TransactionBarrier? at = multicast.IsSink ? counts : block.Transaction(counts.Offset);
            new BulkCopy(w, this, lane) { Block = block, Segments = segments, IsLoad = true, Barrier = at }.Issue();
        }
    }

    private void Store(Warp w, int lane, Block block, List<Segment> segments, long bytes, NumberFormat format)
    {
        w.Tally.GlobalBytesWritten += segments.Where(s => s.Data != 0).Sum(s => (long)s.Bytes);
        w.Tally.SharedBytesRead += bytes;
        BulkCopy copy = new(w, this, lane)
        {
            Block = block,
            Segments = segments,
            IsLoad = false,
            Reduction = reduction is null ? null : reduction with { Type = ElementType(format) },
        };
        w.Bulk.Add(copy, lane);
        copy.Issue();
    }

    private static PtxType ElementType(NumberFormat format) => format switch
    {
        NumberFormat.F64 => PtxType.F64,
        NumberFormat.F32 => PtxType.F32,
        NumberFormat.F16 => PtxType.F16,
        NumberFormat.BF16 => PtxType.BF16,
        NumberFormat.I32 => PtxType.S32,
        NumberFormat.I64 => PtxType.S64,
        NumberFormat.U32 => PtxType.U32,
        _ => PtxType.U64,
    };

    // Row by row of the box; rows outside of the tensor are zeros.
    private bool AddBox(Warp w, int lane, TensorMapLayout layout, long offset, List<Segment> segments)
    {
        int rank = layout.Box.Length, size = layout.Format.ByteSize(), row = layout.Box[0] * size;
        Span<int> first = stackalloc int[5], at = stackalloc int[5];
        at.Clear();
        for (int d = 0; d < rank; d++)
        {
            if ((w.U[coordinates[d].Index] >> lane & 1) != 0 && w.IsNew(FindingKind.UndefinedValue, this))
                w.Report(FindingKind.UndefinedValue, this, lane, 0, $"Coordinate {d} is undefined ({w.OriginOf(coordinates[d])}).");
            first[d] = (int)w.Value(coordinates[d], lane);
        }

        for (long plain = offset; ; plain += row)
        {
            bool isInside = true;
            ulong address = layout.Address;
            for (int d = 1; d < rank; d++)
            {
                long index = (long)first[d] + at[d];
                isInside &= index >= 0 && index < layout.Extents[d];
                address += (ulong)(index * layout.StrideBytes[d - 1]);
            }

            if (!AddRow(w, lane, layout, segments, plain, address, isInside, first[0]))
                return false;
            int next = 1;
            while (next < rank && ++at[next] == layout.Box[next])
                at[next++] = 0;
            if (next >= rank)
                return true;
        }
    }

    private bool AddRow(Warp w, int lane, TensorMapLayout layout, List<Segment> segments, long plain, ulong address, bool isInside, long first)
    {
        int size = layout.Format.ByteSize(), row = layout.Box[0] * size;
        int begin = isInside ? (int)Math.Clamp(-first * size, 0, row) : row;
        int end = isInside ? (int)Math.Clamp((layout.Extents[0] - first) * size, begin, row) : row;
        int piece = layout.Swizzle == SwizzleMode.None ? row : SharedMemory.ChunkBytes;
        AccessKind kind = isLoad ? AccessKind.Read : reduction is null ? AccessKind.Write : AccessKind.Atomic;
        for (int x = 0; x < row; x += piece)
        {
            long target = Swizzles.Apply(layout.Swizzle, (uint)(plain + x));
            int from = Math.Clamp(begin, x, x + piece), to = Math.Clamp(end, from, x + piece);
            if (from > x)
                segments.Add(new Segment(target, 0, 0, from - x));
            if (to > from && !BulkAccess.Add(w, this, lane, segments, target + from - x, address + (ulong)((first * size) + from), to - from, kind))
                return false;
            if (to < x + piece)
                segments.Add(new Segment(target + to - x, 0, 0, x + piece - to));
        }

        return true;
    }
}

/// <summary>Reads tensor maps out of memory.</summary>
internal static unsafe class TensorMapAccess
{
    /// <summary>The layout that an address holds; null, after a report, where there is none.</summary>
    public static TensorMapLayout? Read(Warp w, Instruction instruction, int lane, (Register Base, long Offset, StateSpace Space) operand, int alignment)
    {
        if (AccessHelper.Addresses(w, instruction, 1u << lane, operand.Base, operand.Offset) == 0)
            return null;
        ulong address = w.Addresses[lane];
        if (address % (ulong)alignment != 0)
        {
            if (w.IsNew(FindingKind.Misaligned, instruction))
                w.Report(FindingKind.Misaligned, instruction, lane, address, $"The tensor map's address 0x{address:x} is no multiple of {alignment}.");
            return null;
        }

        Place place = MemoryAccess.Find(w, instruction, lane, operand.Space, address, TensorMapCode.Bytes, AccessKind.Read);
        if (place.Data is null)
            return null;
        TensorMapLayout? layout = TensorMapCode.Decode(new ReadOnlySpan<byte>(place.Data, TensorMapCode.Bytes));
        if (layout is null)
            AsyncReports.Misuse(w, instruction, lane, address, $"0x{address:x} holds no tensor map.");
        else if (TensorMapCode.Problem(layout) is { } problem)
            AsyncReports.Misuse(w, instruction, lane, address, problem);
        else
            return layout;
        return null;
    }
}

/// <summary><c>cp.async.bulk.prefetch</c> and <c>prefetch.tensormap</c>: what is named must exist.</summary>
internal sealed unsafe class BulkPrefetch((Register Base, long Offset, StateSpace Space) source, Register bytes) : Instruction
{
    /// <inheritdoc/>
    public override void Execute(Warp w, uint mask)
    {
        for (uint m = AccessHelper.Addresses(w, this, mask, source.Base, source.Offset); m != 0; m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            if (bytes.IsSink)
                TensorMapAccess.Read(w, this, lane, source, SharedMemory.ChunkBytes);
            else if ((w.Value(bytes, lane) & 15) != 0)
                AsyncReports.Misuse(w, this, lane, w.Addresses[lane], $"{w.Value(bytes, lane)} bytes are to be prefetched, but only multiples of 16 are possible.");
            else
                BulkAccess.Add(w, this, lane, [], 0, w.Addresses[lane], (int)w.Value(bytes, lane), AccessKind.Read);
        }
    }
}

/// <summary><c>st.async</c>: a few bytes into the shared memory of a block of the cluster, counted by an mbarrier there.</summary>
internal sealed unsafe class StoreAsync(
    (Register Base, long Offset, StateSpace Space) target, Register[] values, PtxType type, (Register Base, long Offset, StateSpace Space) barrier) : Instruction
{
    private readonly int _bytes = type.Bytes() * values.Length;

    /// <inheritdoc/>
    public override void Execute(Warp w, uint mask)
    {
        mask = AccessHelper.Addresses(w, this, mask, target.Base, target.Offset);
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            AccessHelper.Addresses(w, this, mask, target.Base, target.Offset);
            Place place = MemoryAccess.Find(w, this, lane, StateSpace.SharedCluster, w.Addresses[lane], _bytes, AccessKind.Write);
            if (place.Data is null || BulkAccess.Barrier(w, this, lane, barrier) is not { } counts)
                continue;
            byte[] bytes = new byte[_bytes], states = new byte[_bytes];
            for (int i = 0; i < values.Length; i++)
            {
                ulong value = w.Value(values[i], lane);
                new ReadOnlySpan<byte>(&value, type.Bytes()).CopyTo(bytes.AsSpan(i * type.Bytes()));
                states.AsSpan(i * type.Bytes(), type.Bytes()).Fill((byte)(w.UndefinedBytes(values[i], lane) == 0 ? ByteState.Defined : ByteState.Undefined));
            }

            StoreAsyncOperation operation = new(w, this, lane, counts, place.Data - counts.Block.Shared.Data, bytes, states);
            if (w.Launch.Options.Checked)
                counts.Block.Shared.BeginWrite(place.Data - counts.Block.Shared.Data, _bytes);
            if (w.Launch.Options.Schedule == AsyncSchedule.Early)
                operation.Complete();
            else
                w.Team.Async.Add(operation);
        }
    }
}

/// <summary>A <c>st.async</c> under way.</summary>
internal sealed unsafe class StoreAsyncOperation(
    Warp w, Instruction instruction, int lane, TransactionBarrier barrier, long offset, byte[] bytes, byte[] states) : AsyncOperation
{
    private readonly uint _phase = barrier.Phase;

    /// <inheritdoc/>
    public override void Complete()
    {
        SharedMemory memory = barrier.Block.Shared;
        bytes.CopyTo(new Span<byte>(memory.Data + offset, bytes.Length));
        if (w.Launch.Options.Checked)
        {
            states.CopyTo(new Span<byte>(memory.State + offset, bytes.Length));
            memory.AsyncWritten(offset, bytes.Length, w.Team.Clocks.AsyncWrite(), instruction.Index);
        }

        barrier.Release(w.Team.Clocks.AsyncProxy);
        if (barrier.Complete(bytes.Length, _phase) is { } problem)
            AsyncReports.Misuse(w, instruction, lane, (ulong)barrier.Offset, $"At the mbarrier 0x{barrier.Offset:x} {problem}.");
    }
}

/// <summary><c>tensormap.replace</c>: changes a field of a tensor map in memory.</summary>
internal sealed unsafe class TensorMapReplace((Register Base, long Offset, StateSpace Space) map, int field, int bytes, Register value, bool isElementType, bool isRank) : Instruction
{
    private static readonly NumberFormat[] ElementTypes =
    [
        NumberFormat.U8, NumberFormat.U16, NumberFormat.U32, NumberFormat.I32, NumberFormat.U64, NumberFormat.I64,
        NumberFormat.F16, NumberFormat.F32, NumberFormat.F32, NumberFormat.F64, NumberFormat.BF16,
    ];

    /// <inheritdoc/>
    public override void Execute(Warp w, uint mask)
    {
        mask = AccessHelper.Addresses(w, this, mask, map.Base, map.Offset);
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            Place place = MemoryAccess.Find(w, this, lane, map.Space, w.Addresses[lane], TensorMapCode.Bytes, AccessKind.Write);
            if (place.Data is null)
                continue;
            ulong given = w.Value(value, lane);
            if (isElementType)
                given = given < (ulong)ElementTypes.Length ? (ulong)ElementTypes[given] : given;
            if (isRank)
                given++;
            new ReadOnlySpan<byte>(&given, bytes).CopyTo(new Span<byte>(place.Data + field, bytes));
        }
    }
}

/// <summary><c>tensormap.cp_fenceproxy</c>: copies a tensor map from shared to global memory and fences it.</summary>
internal sealed unsafe class TensorMapCopy((Register Base, long Offset, StateSpace Space) target, (Register Base, long Offset, StateSpace Space) source) : Instruction
{
    /// <inheritdoc/>
    public override void Execute(Warp w, uint mask)
    {
        int lane = BitOperations.TrailingZeroCount(mask);
        if (AccessHelper.Addresses(w, this, mask, target.Base, target.Offset) != mask)
            return;
        ulong to = w.Addresses[lane];
        if (AccessHelper.Addresses(w, this, mask, source.Base, source.Offset) != mask)
            return;
        Place from = MemoryAccess.Find(w, this, lane, source.Space, w.Addresses[lane], TensorMapCode.Bytes, AccessKind.Read);
        Place at = MemoryAccess.Find(w, this, lane, target.Space, to, TensorMapCode.Bytes, AccessKind.Write);
        if (from.Data is null || at.Data is null)
            return;
        new ReadOnlySpan<byte>(from.Data, TensorMapCode.Bytes).CopyTo(new Span<byte>(at.Data, TensorMapCode.Bytes));
        new ReadOnlySpan<byte>(from.State, TensorMapCode.Bytes).CopyTo(new Span<byte>(at.State, TensorMapCode.Bytes));
    }
}
