using Puna.Kernels.Gpu.Emulator.Syntax;

namespace Puna.Kernels.Gpu.Emulator.Memory;

internal static unsafe partial class MemoryAccess
{
    private static Place Global(Warp w, Instruction instruction, int lane, StateSpace space, ulong address, int bytes, AccessKind kind)
    {
        Allocation? memory = w.LastAllocation;
        if (memory is null || address - memory.Address >= (ulong)memory.Bytes)
            w.LastAllocation = memory = w.Launch.Memory.Find(address);
        if (memory is null || memory.IsFreed || address - memory.Address + (ulong)bytes > (ulong)memory.Bytes)
        {
            ReportBounds(w, instruction, lane, address, bytes);
            return default;
        }

        if (memory.IsReadOnly && (kind & AccessKind.Write) != 0)
        {
            if (w.IsNew(FindingKind.ReadOnly, instruction))
                w.Report(FindingKind.ReadOnly, instruction, lane, address, $"0x{address:x} is {(memory.Kind == MemoryKind.Constant ? $"the constant {memory.Name}" : "a parameter")}, which a kernel may not write.");
            return default;
        }

        long offset = (long)(address - memory.Address);
        Place place = new(memory.Data + offset, memory.State + offset);
        if (!memory.IsReadOnly && w.Launch.Options.Checked)
            CheckGlobal(w, instruction, lane, memory, offset, bytes, kind);
        return place;
    }

    /// <summary>Reports an access that hits no allocation.</summary>
    public static void ReportBounds(Warp w, Instruction instruction, int lane, ulong address, long bytes)
    {
        Allocation? near = w.Launch.Memory.Before(address);
        bool freed = near is { IsFreed: true } && address - near.Address < (ulong)near.Bytes;
        FindingKind kind = freed ? FindingKind.FreedMemory : FindingKind.OutOfBounds;
        if (!w.IsNew(kind, instruction))
            return;
        string where = freed ? $"it lies in a buffer of {near!.Bytes} bytes at 0x{near.Address:x} that has been freed" // freed: near is one
            : Neighbour(near, w.Launch.Memory.Behind(address), address);
        w.Report(kind, instruction, lane, address, $"{bytes} bytes at 0x{address:x}: {where}.");
    }

    // how far an address lies from the nearer of the two allocations around it
    private static string Neighbour(Allocation? before, Allocation? behind, ulong address)
    {
        const ulong Far = 1 << 20;
        ulong past = before is null ? ulong.MaxValue : address - before.Address - (ulong)before.Bytes;
        ulong ahead = behind is null ? ulong.MaxValue : behind.Address - address;
        if (behind is not null && ahead < past && ahead < Far)
            return $"it begins {ahead} bytes before the {Name(behind)} at 0x{behind.Address:x}";
        return before is null ? "no memory lies there"
            : $"the nearest {Name(before)} before it has {before.Bytes} bytes at 0x{before.Address:x}, so it begins {past} bytes past the end";
    }

    private static string Name(Allocation allocation) => allocation.Name.Length == 0 ? "buffer" : $"variable {allocation.Name}";

    private static void CheckGlobal(Warp w, Instruction instruction, int lane, Allocation memory, long offset, int bytes, AccessKind kind)
    {
        ulong address = memory.Address + (ulong)offset;
        CheckInFlight(w, instruction, lane, memory.State + offset, address, bytes, kind);
        BlockClock clock = w.Block.Clock;
        bool strong = (kind & AccessKind.Strong) != 0, nonCoherent = (kind & AccessKind.NonCoherent) != 0;
        int at = (int)(offset % Allocation.PageBytes);
        ulong* writers = memory.Writers(offset);
        if (writers is not null && (kind & AccessKind.Read) != 0 && !(strong && (kind & AccessKind.Write) == 0))
            CheckWriters(w, instruction, lane, writers + at, address, bytes, kind);
        AccessRecord record = new(clock.Number, clock.Time, instruction.Index, strong, nonCoherent);
        if (strong && (kind & AccessKind.Write) != 0)
            w.Block.Acquit(address);
        if ((kind & AccessKind.Write) != 0)
        {
            ulong* readers = memory.Readers(offset);
            if (readers is not null && !strong)
                CheckReaders(w, instruction, lane, readers + at, address, bytes);
            new Span<ulong>(memory.MakeWriters(offset) + at, bytes).Fill(record.Bits);
        }
        else if (!strong)
        {
            new Span<ulong>(memory.MakeReaders(offset) + at, bytes).Fill(record.Bits);
        }
    }

    private static void CheckWriters(Warp w, Instruction instruction, int lane, ulong* writers, ulong address, int bytes, AccessKind kind)
    {
        for (int i = 0; i < bytes; i++)
        {
            AccessRecord writer = new(writers[i]);
            if (writer.Bits == 0)
                continue;
            if ((kind & AccessKind.NonCoherent) != 0)
            {
                ReportNonCoherent(w, instruction, lane, address + (ulong)i, writer, "this grid has written");
                return;
            }

            bool isStrong = (kind & AccessKind.Strong) != 0;
            if ((isStrong && writer.IsStrong) || w.Block.Clock.Knows(writer.Block, writer.Time) || IsCompareAndSwap(w.Code[writer.Instruction], kind))
                continue;
            ulong at = address + (ulong)i;
            if (writer.IsStrong && w.Code[writer.Instruction].Syntax.Modifiers.Contains("cas"))
                continue;   // a loop of compare-and-swap reads its first guess plainly: a stale one costs a turn
            if (writer.IsStrong)
                w.Block.Suspect(address, w, FindingKind.GlobalRace, instruction, lane, at, () => DescribeRace(w, at, writer, "wrote"));
            else
                ReportGlobalRace(w, instruction, lane, at, writer, "wrote");
            return;
        }
    }

    // Loops around atom.cas begin with a plain load: the swap checks the value, and a stale one that ends the loop early has been right once.
    private static bool IsCompareAndSwap(Instruction writer, AccessKind kind) =>
        kind == AccessKind.Read && writer.Syntax.Name == "atom" && writer.Syntax.Modifiers.Contains("cas");

    private static void CheckReaders(Warp w, Instruction instruction, int lane, ulong* readers, ulong address, int bytes)
    {
        for (int i = 0; i < bytes; i++)
        {
            AccessRecord reader = new(readers[i]);
            if (reader.Bits == 0)
                continue;
            if (reader.IsNonCoherent)
            {
                ReportNonCoherent(w, w.Code[reader.Instruction], lane, address + (ulong)i, new AccessRecord(w.Block.Number, 0, instruction.Index, false, false), "this grid writes");
                return;
            }

            if (!w.Block.Clock.Knows(reader.Block, reader.Time))
            {
                ReportGlobalRace(w, instruction, lane, address + (ulong)i, reader, "read");
                return;
            }
        }
    }

    private static void ReportNonCoherent(Warp w, Instruction load, int lane, ulong address, AccessRecord writer, string what)
    {
        if (w.IsNew(FindingKind.NonCoherentLoad, load))
        {
            w.Report(FindingKind.NonCoherentLoad, load, lane, address,
                $"0x{address:x} is read through the non-coherent cache, but {what} it at line {w.Code[writer.Instruction].Syntax.Line}. Use a plain load.");
        }
    }

    private static void ReportGlobalRace(Warp w, Instruction instruction, int lane, ulong address, AccessRecord other, string did)
    {
        if (w.IsNew(FindingKind.GlobalRace, instruction))
            w.Report(FindingKind.GlobalRace, instruction, lane, address, DescribeRace(w, address, other, did));
    }

    private static string DescribeRace(Warp w, ulong address, AccessRecord other, string did)
    {
        GpuDim g = w.Launch.Grid;
        GpuDim block = new(other.Block % g.X, other.Block / g.X % g.Y, other.Block / (g.X * g.Y));
        return $"Block {block} {did} 0x{address:x} at line {w.Code[other.Instruction].Syntax.Line} (`{w.Code[other.Instruction].Syntax.Text}`), and nothing orders the two blocks: that takes a fence and an atomic on both sides.";
    }
}
