using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

/// <summary>What the author of a kernel knows about who comes to a barrier.</summary>
public enum Arrival
{
    /// <summary>Every thread, as can be seen from the text: not inside a block that threads decide differently about.</summary>
    Uniform,

    /// <summary>Every thread that the barrier waits for, though the text does not show it.</summary>
    Promised,
}

public sealed partial class PtxBuilder
{
    private bool _waitsForPredecessors;

    /// <summary>Waits for all threads of the block, and orders their accesses to memory (<c>bar.sync 0</c>).</summary>
    /// <param name="arrival">Promised, where a branch around it looks divergent and is not.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void Barrier(Arrival arrival = Arrival.Uniform, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        if (arrival == Arrival.Uniform && _scope.Diverges)
            throw Fail("a Barrier stands in a block that threads may decide differently about (the others would never come). Move it out, name the threads that come, or say Arrival.Promised");
        Emit("bar.sync", 0);
        At(file, line);
    }

    /// <summary>Waits for some threads of the block: those that call with this number.</summary>
    /// <param name="id">1 to 15; <see cref="Barrier(Arrival, string, int)"/> has 0.</param>
    /// <param name="threads">How many come, a multiple of 32.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void Barrier(U32 id, int threads, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        NamedBarrier("bar.sync", id, threads, file, line);

    /// <summary>Counts for a named barrier without waiting for it.</summary>
    /// <param name="id">1 to 15.</param>
    /// <param name="threads">How many come, those that wait included, a multiple of 32.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void BarrierArrive(U32 id, int threads, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        NamedBarrier("bar.arrive", id, threads, file, line);

    /// <summary>Waits for the lanes of a mask and orders their accesses to memory (<c>bar.warp.sync</c>).</summary>
    /// <param name="mask">The lanes that come.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void WarpBarrier(uint mask = AllLanes, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        Emit("bar.warp.sync", Mask(mask));
        At(file, line);
    }

    /// <summary>Orders this thread's accesses before it against those behind it (<c>fence.acq_rel</c>).</summary>
    /// <param name="scope">Threads that see the order.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void Fence(MemoryScope scope, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        Emit($"fence.acq_rel{Memory.Scope(this, scope)}");
        At(file, line);
    }

    /// <summary>Suspends the thread for about this long, at most twice as long.</summary>
    /// <param name="nanoseconds">At most 1,000,000.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void Sleep(U32 nanoseconds, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        Emit("nanosleep.u32", nanoseconds.Value);
        At(file, line);
    }

    /// <summary>Lets the kernels behind this one start as soon as there is room; sm_90.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void LaunchDependents([CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        Emit("griddepcontrol.launch_dependents", 78, GpuArch.Sm90);
        At(file, line);
    }

    /// <summary>Waits until the kernels before this one have ended and their writes are seen; sm_90.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void WaitForPredecessors([CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        Emit("griddepcontrol.wait", 78, GpuArch.Sm90);
        _waitsForPredecessors = true;
        At(file, line);
    }

    private void NamedBarrier(string opcode, U32 id, int threads, string file, int line)
    {
        Value? number = id.Value;
        if (number is { IsConstant: true, Bits: 0 or > 15 })
            throw Fail($"a named barrier has the number {number.Bits}, but 1 to 15 were expected (0 is the whole block's)");
        if (threads % 32 != 0 || threads < 32 || threads > Threads.Count)
            throw Fail($"a named barrier waits for {threads} threads, but a multiple of 32 up to the block's {Threads.Count} was expected");
        Emit(opcode, number, threads);
        At(file, line);
    }
}
