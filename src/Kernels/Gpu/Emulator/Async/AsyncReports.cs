using Puna.Kernels.Gpu.Emulator.Memory;

namespace Puna.Kernels.Gpu.Emulator.Async;

/// <summary>Mistakes around asynchronous work, in words.</summary>
internal static class AsyncReports
{
    /// <summary>Async work reads or replaces what another access wrote, and does not see it for sure.</summary>
    public static void Hidden(Warp w, Instruction instruction, int lane, Conflict hidden)
    {
        bool isCopy = hidden.Member == w.Team.Clocks.AsyncProxy;
        FindingKind kind = isCopy ? FindingKind.SharedRace : FindingKind.MissingProxyFence;
        if (!w.IsNew(kind, instruction))
            return;
        Instruction writer = w.Code[hidden.Instruction];
        int warps = w.Block.Warps.Length;
        w.Report(kind, instruction, lane, (ulong)hidden.Offset, isCopy
            ? $"The asynchronous copy of line {writer.Syntax.Line} (`{writer.Syntax.Text}`) wrote shared byte 0x{hidden.Offset:x}, and this warp has not waited for it."
            : $"Warp {hidden.Member % warps} wrote shared byte 0x{hidden.Offset:x} at line {writer.Syntax.Line} (`{writer.Syntax.Text}`), "
                + "and no fence.proxy.async followed by a barrier makes that visible to the async proxy.");
    }

    /// <summary>A rule of an instruction is broken.</summary>
    public static void Misuse(Warp w, Instruction instruction, int lane, ulong address, string message)
    {
        if (w.IsNew(FindingKind.Misuse, instruction))
            w.Report(FindingKind.Misuse, instruction, lane, address, message);
    }
}
