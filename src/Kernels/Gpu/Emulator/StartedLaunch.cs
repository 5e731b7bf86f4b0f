using System.Globalization;
using Puna.Kernels.Gpu.Emulator.Memory;

namespace Puna.Kernels.Gpu.Emulator;

/// <summary>
/// A launch that may run in two parts: what its blocks do before they wait for their predecessor, and the rest. What
/// it accesses is set aside between the parts, so that other launches can run there.
/// </summary>
internal sealed class StartedLaunch(LaunchContext context, Allocation parameters) : IDisposable
{
    private readonly LaunchRun _run = new(context);
    private AccessSet _accesses = new();

    /// <summary>Whether all blocks have ended.</summary>
    public bool IsFinished => _run.IsFinished;

    /// <summary>Runs blocks, as many as fit, until each waits for the predecessor or has ended.</summary>
    public void RunEarly() => Run(isPredecessorDone: false);

    /// <summary>Runs to the end.</summary>
    public void RunToEnd() => Run(isPredecessorDone: true);

    /// <summary>Reports what a successor that started early did to the bytes of this launch, which has ended.</summary>
    public void ReportEarly(StartedLaunch successor) =>
        _accesses.Meet(successor._accesses, m => successor.Report(m, context.Program));

    /// <summary>What it showed; returns everything.</summary>
    public LaunchReport Finish()
    {
        Counters counters = _run.End();
        return new LaunchReport(context.Findings.Take(notes: false), context.Findings.Take(notes: true), counters, context.Options.Seed);
    }

    /// <summary>Returns what it holds, ended or not.</summary>
    public void Dispose()
    {
        _run.Dispose();
        _accesses.Dispose();
        context.Memory.Remove(parameters);
    }

    private void Run(bool isPredecessorDone)
    {
        context.IsPredecessorDone = isPredecessorDone;
        _accesses.Restore();
        try
        {
            _run.Run(isEarly: !isPredecessorDone);
        }
        finally
        {
            _accesses = context.Memory.DetachAccesses();
        }
    }

    private void Report(AccessSet.Meeting m, PtxProgram predecessor)
    {
        Instruction mine = context.Program.Code[m.Early.Instruction], other = predecessor.Code[m.Other.Instruction];
        if (!context.Findings.IsNew(FindingKind.EarlyAccess, mine.Index, isNote: false))
            return;
        GpuDim g = context.Grid;
        GpuDim block = new(m.Early.Block % g.X, m.Early.Block / g.X % g.Y, m.Early.Block / (g.X * g.Y));
        string message = string.Create(CultureInfo.InvariantCulture,
            $"0x{m.Address:x} is {(m.IsWrite ? "written" : "read")} before griddepcontrol.wait{(context.Program.WaitsForPredecessor ? "" : ", which the kernel lacks")}, but the kernel before it in the stream, {predecessor.Entry}, {(m.OtherWrites ? "writes" : "reads")} it at line {other.Syntax.Line} (`{other.Syntax.Text}`). Move it behind the wait.");
        context.Findings.Add(
            context.Program.Describe(FindingKind.EarlyAccess, mine, block, new GpuDim(-1, -1, -1), m.Address, message, context.Options.Seed),
            mine.Index, isNote: false);
    }
}
