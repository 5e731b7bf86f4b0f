using System.Numerics;

namespace Puna.Kernels.Gpu.Emulator.Instructions;

/// <summary>Programmatic dependent launch: PTX ISA 9.7.13, griddepcontrol.</summary>
internal static class GridDependency
{
    public static Instruction? Decode(DecodeContext c)
    {
        c.Need(GpuArch.Sm90, "griddepcontrol");
        if (c.Take("wait"))
            return new GridWait();
        return c.Take("launch_dependents") ? new GridLaunchDependents() : throw c.Error("griddepcontrol takes .wait or .launch_dependents");
    }

    /// <summary>Lanes of a warp that wait for the predecessor.</summary>
    public static uint Held(Warp w)
    {
        uint held = 0;
        for (uint m = w.Waiting & w.Alive; m != 0; m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            held |= w.StandsAt(lane) is GridWait ? 1u << lane : 0;
        }

        return held;
    }
}

/// <summary>Holds lanes until the launch before this one in the stream has ended.</summary>
internal sealed class GridWait : Instruction
{
    public override void Execute(Warp w, uint mask)
    {
        if (!w.Launch.IsPredecessorDone)
            w.Wait(mask);
    }
}

/// <summary>Allows the next launch to start. The emulator starts it before this one in any case, which is the worst case.</summary>
internal sealed class GridLaunchDependents : Instruction
{
    public override void Execute(Warp w, uint mask)
    {
        // nothing that a thread can see: order comes from the successor's wait alone
    }
}
