using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

/// <summary>
/// A barrier in shared memory that counts arrivals and the bytes of asynchronous copies. A phase ends when both are
/// complete; phases alternate between parity 0 and 1. Waiting for parity p waits for the end of the phase with that
/// parity, so a wait for parity 1 on a new barrier passes: what "empty" slots start with.
/// </summary>
public readonly struct Mbarrier
{
    private readonly Shared<U64> _place;

    internal Mbarrier(Shared<U64> place) => _place = place;

    internal Address Place => _place.Place;

    private PtxBuilder Kernel => _place.Place.Kernel ?? throw PtxBuilder.Mistake("an Mbarrier was used that was never given a value (a default struct)");

    /// <summary>Sets the count of arrivals that end a phase; one thread does so, before a barrier that all pass.</summary>
    /// <param name="arrivals">1 or more.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void Init(U32 arrivals, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        if (arrivals.Value is { IsConstant: true, Bits: 0 or >= 1 << 20 } count)
            throw Kernel.Fail($"a barrier is to count {count.Bits} arrivals, but 1 to {(1 << 20) - 1} were expected");
        Write("mbarrier.init.shared.b64", 70, GpuArch.Sm80, file, line, _place.Place.Operand, arrivals.Value);
    }

    /// <summary>Arrives once; what this thread wrote before is seen by those who wait.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void Arrive([CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        if (Kernel.Arch.Runs(GpuArch.Sm90))
            Write("mbarrier.arrive.shared::cta.b64", 78, GpuArch.Sm90, file, line, "_", _place.Place.Operand);
        else
            Write("mbarrier.arrive.shared.b64", 70, GpuArch.Sm80, file, line, Operand.Out(Kernel.NewRegister(PtxType.U64)), _place.Place.Operand);
    }

    /// <summary>Arrives once and adds bytes that copies will bring before the phase ends; sm_90.</summary>
    /// <param name="bytes">Of tensor copies, whole boxes, even where they hang over the edge.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void ArriveExpecting(U32 bytes, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Write("mbarrier.arrive.expect_tx.shared::cta.b64", 80, GpuArch.Sm90, file, line, "_", _place.Place.Operand, bytes.Value);

    /// <summary>Adds bytes that copies will bring before the phase ends; sm_90.</summary>
    /// <param name="bytes">Of tensor copies, whole boxes.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void Expect(U32 bytes, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Write("mbarrier.expect_tx.relaxed.cta.shared::cta.b64", 80, GpuArch.Sm90, file, line, _place.Place.Operand, bytes.Value);

    /// <summary>Arrives when this thread's earlier <see cref="PtxBuilder.CopyAsync{T}"/> are complete, counting as one of the arrivals.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void ArriveAfterCopies([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Write("cp.async.mbarrier.arrive.noinc.shared.b64", 70, GpuArch.Sm80, file, line, _place.Place.Operand);

    /// <summary>Arrives at the same barrier of another block of the cluster; sm_90.</summary>
    /// <param name="block">The block's rank in the cluster.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void ArriveIn(U32 block, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ClusterShared<U64> remote = Kernel.InBlock(_place, block, file, line);
        Write("mbarrier.arrive.release.cluster.shared::cluster.b64", 80, GpuArch.Sm90, file, line, "_", remote.Operand(0));
    }

    /// <summary>Whether the phase of this parity has ended; may suspend the thread for a while.</summary>
    /// <param name="parity">0 or 1.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public Pred TryWait(U32 parity, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        PtxBuilder k = Kernel;
        bool suspends = k.Arch.Runs(GpuArch.Sm90);
        string opcode = suspends ? "mbarrier.try_wait.parity.shared::cta.b64" : "mbarrier.test_wait.parity.shared.b64";
        k.Require(opcode, suspends ? 78 : 71, GpuArch.Sm80);
        Pred isOver = k.Result<Pred>(opcode, _place.Place.Operand, parity.Value);
        k.At(file, line);
        return isOver;
    }

    /// <summary>Waits until the phase of this parity has ended; what the arrivals ordered is seen.</summary>
    /// <param name="parity">0 or 1.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void Wait(U32 parity, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        PtxBuilder k = Kernel;
        string start = k.NewLabel("wait", isNumbered: true);
        k.At(file, line);
        k.Label(start);
        k.Branch(start, ((IElement<Pred>)TryWait(parity, file, line)).Values[0], isNegated: true);
        k.At(file, line);
    }

    /// <summary>Ends the barrier's life, so that its memory can be used for something else.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void Invalidate([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Write("mbarrier.inval.shared.b64", 70, GpuArch.Sm80, file, line, _place.Place.Operand);

    private void Write(string opcode, int ptx, GpuArch arch, string file, int line, params ReadOnlySpan<Operand> operands)
    {
        Kernel.Emit(opcode, ptx, arch, operands);
        Kernel.At(file, line);
    }
}

/// <summary>Barriers that follow each other in shared memory: one for each slot of a ring.</summary>
public readonly struct MbarrierArray
{
    private readonly Shared<U64> _start;

    internal MbarrierArray(Shared<U64> start, int count) => (_start, Count) = (start, count);

    /// <summary>How many.</summary>
    public int Count { get; }

    /// <summary>A barrier.</summary>
    /// <param name="index">Which.</param>
    public Mbarrier this[int index] => index >= 0 && index < Count
        ? new(_start.Offset(index))
        : throw _start.Place.Kernel!.Fail($"barrier {index} was used, but there are {Count}"); // made by a kernel

    /// <summary>A barrier.</summary>
    /// <param name="index">Which.</param>
    public Mbarrier this[U32 index] => new(_start.Offset(index));
}

/// <summary>Where a thread is in a ring of slots: the slot, and the parity of its present round.</summary>
public readonly struct RingPosition
{
    private readonly PtxBuilder _kernel;
    private readonly int _slots;

    internal RingPosition(PtxBuilder kernel, int slots, int parity, string name, string file, int line)
    {
        (_kernel, _slots) = (kernel, slots);
        Slot = kernel.Variable<U32>(0, name, file, line);
        Parity = kernel.Variable<U32>(parity, $"{name}_parity", file, line);
    }

    /// <summary>The slot, a variable.</summary>
    public U32 Slot { get; }

    /// <summary>Parity of the phase to wait for, a variable.</summary>
    public U32 Parity { get; }

    /// <summary>Goes to the next slot; the parity changes behind the last.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void Advance([CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        _kernel.Set(Slot, Slot + 1, null, file, line);
        Pred wraps = Slot == _slots;
        _kernel.Set(Parity, _kernel.Select(wraps, Parity ^ 1, Parity, file, line), null, file, line);
        _kernel.Set(Slot, _kernel.Select(wraps, 0, Slot, file, line), null, file, line);
    }
}

public sealed partial class PtxBuilder
{
    /// <summary>Barriers in the block's shared memory; each must be <see cref="Mbarrier.Init"/>.</summary>
    /// <param name="name">Name in the text.</param>
    /// <param name="count">How many.</param>
    public MbarrierArray Mbarriers(string name, int count) => new(SharedArray<U64>(name, count), count);

    /// <summary>Makes <see cref="Mbarrier.Init"/> known to the cluster and to copies, before a barrier; sm_90.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void FenceMbarrierInit([CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        Emit("fence.mbarrier_init.release.cluster", 80, GpuArch.Sm90);
        At(file, line);
    }

    /// <summary>A place in a ring, at slot 0.</summary>
    /// <param name="slots">Slots of the ring.</param>
    /// <param name="parity">0 for who waits for full slots; 1 for who waits for empty ones, which all are at first.</param>
    /// <param name="name">Name in the text.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public RingPosition Ring(int slots, int parity, string name = "slot", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        if (slots < 1 || parity is not (0 or 1))
            throw Fail($"a ring of {slots} slots begins with parity {parity}, but one slot at least and 0 or 1 were expected");
        return new(this, slots, parity, name, file, line);
    }
}
