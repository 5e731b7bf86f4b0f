namespace Puna.Kernels.Gpu.Emulator;

/// <summary>A piece of queued work: a launch, or something else.</summary>
/// <param name="Shape">What an update of a recording may not change.</param>
/// <param name="Launch">The launch; null for something else.</param>
/// <param name="Act">The something else; null for a launch.</param>
internal sealed record EmulatedWork(string Shape, EmulatedLaunch? Launch, Action? Act);

/// <summary>A launch with everything that it needs.</summary>
/// <param name="Program">The code, with its variables in memory.</param>
/// <param name="Kernel">What it was made from.</param>
/// <param name="Grid">Blocks.</param>
/// <param name="Arguments">The bytes of each parameter.</param>
/// <param name="StartsEarly">Whether it may start while the launch right before it still runs.</param>
internal sealed record EmulatedLaunch(
    LoadedProgram Program, GpuKernel Kernel, GpuDim Grid, IReadOnlyList<ReadOnlyMemory<byte>> Arguments, bool StartsEarly);

/// <summary>A queue: nothing in it runs before somebody waits.</summary>
internal sealed class EmulatedStream
{
    /// <summary>Work that has not run.</summary>
    public List<EmulatedWork> Queue { get; } = [];

    /// <summary>Work that is recorded; null where the stream does not record.</summary>
    public List<EmulatedWork>? Recording { get; set; }

    /// <summary>Queues or records.</summary>
    public void Add(EmulatedWork work) => (Recording ?? Queue).Add(work);
}

/// <summary>A point in a queue.</summary>
internal sealed class EmulatedEvent
{
    /// <summary>When it was passed, in ticks of the clock; null before.</summary>
    public long? Time { get; set; }
}
