using System.Runtime.CompilerServices;
using Puna.Kernels.Gpu.Emulator.Memory;

namespace Puna.Kernels.Gpu.Emulator.Async;

/// <summary>Bytes that a bulk copy moves in one piece, between shared memory and elsewhere.</summary>
/// <param name="Shared">Offset in the shared memory of the copy's block.</param>
/// <param name="Data">The other side; null where a tensor copy lies outside of its tensor: zeros in, nothing out.</param>
/// <param name="State">A <see cref="ByteState"/> for each of its bytes.</param>
/// <param name="Bytes">How many.</param>
internal readonly unsafe record struct Segment(long Shared, nint Data, nint State, int Bytes);

/// <summary>A bulk or tensor copy under way (PTX ISA, "Asynchronous data movement": async proxy).</summary>
internal sealed unsafe class BulkCopy(Warp w, Instruction instruction, int lane) : AsyncOperation
{
    private bool _isRead;
    private bool _isReleased;
    private bool _isWritten;
    private byte[] _bytes = [];
    private byte[] _states = [];

    /// <summary>Whose shared memory <see cref="Segments"/> mean.</summary>
    public required Block Block { get; init; }

    public required List<Segment> Segments { get; init; }

    /// <summary>Whether bytes come into shared memory.</summary>
    public required bool IsLoad { get; init; }

    /// <summary>For a load: the barrier that counts the bytes.</summary>
    public TransactionBarrier? Barrier { get; init; }

    /// <summary>For a load from another block's shared memory: that block, and where the bytes begin.</summary>
    public (Block Block, long Offset)? SourceBlock { get; init; }

    /// <summary>How bytes are combined with what is there; null to replace them.</summary>
    public BulkReduction? Reduction { get; init; }

    private long TotalBytes => Segments.Sum(s => (long)s.Bytes);

    private bool IsChecked => w.Launch.Options.Checked;

    private uint _phase;

    /// <summary>Checks the shared side, hides what is about to change, and hands the copy to the queue of the team.</summary>
    public void Issue()
    {
        _phase = Barrier?.Phase ?? 0;
        if (IsLoad)
            BeginLoad();
        else
            BeginStore();
        if (w.Launch.Options.Schedule == AsyncSchedule.Early)
            Complete();
        else
            w.Team.Async.Add(this);
    }

    /// <inheritdoc/>
    public override void Complete()
    {
        Read();
        Write();
    }

    /// <summary>A store has been waited for as far as its source goes: that may be written again.</summary>
    public void FinishRead()
    {
        Read();
        if (_isReleased)
            return;
        _isReleased = true;
        if (IsChecked)
            EachChunk(Block, Segments, (memory, chunk) => memory.EndRead(chunk, w.ClockIndex));
    }

    /// <summary>A store has been waited for.</summary>
    public void FinishWrite() => Write();

    private void BeginLoad()
    {
        if (!IsChecked)
            return;
        (uint, uint) known = (0, 0);
        EachChunk(Block, Segments, (memory, chunk) =>
        {
            CheckTarget(memory, chunk, ref known);
        });
        if (Reduction is null)
        {
            foreach (Segment s in Segments)
                Block.Shared.BeginWrite(s.Shared, s.Bytes);
        }

        if (SourceBlock is { } source)
            BeginRead(source.Block, [.. Segments.Select((s, i) => s with { Shared = source.Offset + Segments.Take(i).Sum(x => x.Bytes) })]);
    }

    private void BeginStore()
    {
        if (!IsChecked)
            return;
        BeginRead(Block, Segments);
        foreach (Segment s in Segments)
        {
            if (s.Data != 0 && Reduction is null)
                Unsafe.InitBlockUnaligned((byte*)s.State, ByteState.InFlight | ByteState.Undefined, (uint)s.Bytes);
        }
    }

    private void BeginRead(Block block, List<Segment> segments)
    {
        (uint, uint) known = (0, 0);
        EachChunk(block, segments, (memory, chunk) =>
        {
            long inFlight = memory.FirstInFlight(chunk);
            Conflict hidden = inFlight >= 0 ? default : memory.Hidden(w.ClockIndex, chunk, ref known);
            if (inFlight >= 0 && w.IsNew(FindingKind.InFlight, instruction))
                w.Report(FindingKind.InFlight, instruction, lane, (ulong)inFlight, $"The source's byte 0x{inFlight:x} is still being written by an asynchronous copy that has not been waited for.");
            else if (hidden.Kind != ConflictKind.None)
                AsyncReports.Hidden(w, instruction, lane, hidden);
            if (!IsLoad)
                memory.BeginRead(chunk);
        });
    }

    private void CheckTarget(SharedMemory memory, long chunk, ref (uint, uint) known)
    {
        byte state = memory.AnyState(chunk);
        if ((state & (ByteState.InFlight | ByteState.BeingRead)) != 0)
        {
            if (w.IsNew(FindingKind.InFlight, instruction))
            {
                string what = (state & ByteState.InFlight) != 0 ? "copy still writes it" : "operation still reads it";
                w.Report(FindingKind.InFlight, instruction, lane, (ulong)chunk, $"The target 0x{chunk:x} is not free: an asynchronous {what} and has not been waited for.");
            }

            return;
        }

        Conflict hidden = memory.Hidden(w.ClockIndex, chunk, ref known);
        if (hidden.Kind != ConflictKind.None)
            AsyncReports.Hidden(w, instruction, lane, hidden);
        Conflict unfinished = memory.Unfinished(w.ClockIndex, lane, chunk);
        if (unfinished.Kind != ConflictKind.None && w.IsNew(FindingKind.SharedRace, instruction))
        {
            w.Report(FindingKind.SharedRace, instruction, lane, (ulong)unfinished.Offset,
                $"The copy overwrites shared byte 0x{unfinished.Offset:x}, which warp {unfinished.Member % w.Block.Warps.Length} has read, and no barrier orders the two.");
        }
    }

    // Takes the bytes from their source.
    private void Read()
    {
        if (_isRead)
            return;
        _isRead = true;
        int total = checked((int)TotalBytes), at = 0;
        _bytes = new byte[total];
        _states = new byte[total];
        foreach (Segment s in Segments)
        {
            if (!IsLoad)
            {
                new ReadOnlySpan<byte>(Block.Shared.Data + s.Shared, s.Bytes).CopyTo(_bytes.AsSpan(at));
                new ReadOnlySpan<byte>(Block.Shared.State + s.Shared, s.Bytes).CopyTo(_states.AsSpan(at));
            }
            else if (s.Data != 0)
            {
                new ReadOnlySpan<byte>((void*)s.Data, s.Bytes).CopyTo(_bytes.AsSpan(at));
                new ReadOnlySpan<byte>((void*)s.State, s.Bytes).CopyTo(_states.AsSpan(at));
            }

            at += s.Bytes;
        }

        for (int i = 0; i < total; i++)
            _states[i] &= ByteState.Undefined;
    }

    private void Write()
    {
        if (_isWritten)
            return;
        _isWritten = true;
        if (IsLoad)
            WriteShared();
        else
            WriteGlobal();
        _bytes = _states = [];
    }

    private void WriteShared()
    {
        SharedMemory memory = Block.Shared;
        uint time = IsChecked ? w.Team.Clocks.AsyncWrite() : 0;
        int at = 0;
        foreach (Segment s in Segments)
        {
            byte* data = memory.Data + s.Shared, state = memory.State + s.Shared;
            if (Reduction is { } reduction)
                reduction.Apply(_bytes.AsSpan(at, s.Bytes), data);
            else
                _bytes.AsSpan(at, s.Bytes).CopyTo(new Span<byte>(data, s.Bytes));
            if (IsChecked)
            {
                _states.AsSpan(at, s.Bytes).CopyTo(new Span<byte>(state, s.Bytes));
                memory.AsyncWritten(s.Shared, s.Bytes, time, instruction.Index);
            }

            at += s.Bytes;
        }

        if (Barrier is null)
            return;
        Barrier.Release(w.Team.Clocks.AsyncProxy);
        if (Barrier.Complete(at, _phase) is { } problem)
            AsyncReports.Misuse(w, instruction, lane, (ulong)Barrier.Offset, $"At the mbarrier 0x{Barrier.Offset:x} {problem}.");
    }

    private void WriteGlobal()
    {
        int at = 0;
        foreach (Segment s in Segments)
        {
            if (s.Data != 0)
            {
                if (Reduction is { } reduction)
                {
                    lock (w.Launch.Memory)
                        reduction.Apply(_bytes.AsSpan(at, s.Bytes), (byte*)s.Data);
                }
                else
                {
                    _bytes.AsSpan(at, s.Bytes).CopyTo(new Span<byte>((void*)s.Data, s.Bytes));
                }

                if (IsChecked)
                    _states.AsSpan(at, s.Bytes).CopyTo(new Span<byte>((void*)s.State, s.Bytes));
            }

            at += s.Bytes;
        }

        w.Launch.AddEffect();
    }

    private delegate void ChunkAction(SharedMemory memory, long chunk);

    private static void EachChunk(Block block, List<Segment> segments, ChunkAction action)
    {
        foreach (Segment s in segments)
        {
            for (long chunk = s.Shared & ~15L; chunk < s.Shared + s.Bytes; chunk += SharedMemory.ChunkBytes)
                action(block.Shared, chunk);
        }
    }
}
