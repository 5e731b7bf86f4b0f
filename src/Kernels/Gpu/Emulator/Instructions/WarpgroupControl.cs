namespace Puna.Kernels.Gpu.Emulator.Instructions;

/// <summary><c>wgmma.fence</c>.</summary>
internal sealed class WarpgroupFence : Instruction
{
    /// <inheritdoc/>
    public override void Execute(Warp w, uint mask)
    {
        if (MatrixOperands.IsTogether(this, w, mask))
            w.Warpgroup.Fence(w);
    }
}

/// <summary><c>wgmma.commit_group</c>.</summary>
internal sealed class WarpgroupCommit : Instruction
{
    /// <inheritdoc/>
    public override void Execute(Warp w, uint mask)
    {
        if (MatrixOperands.IsTogether(this, w, mask))
            w.Warpgroup.Commit();
    }
}

/// <summary><c>wgmma.wait_group</c>.</summary>
/// <param name="allowed">Groups that may stay under way.</param>
internal sealed class WarpgroupWait(int allowed) : Instruction
{
    /// <inheritdoc/>
    public override void Execute(Warp w, uint mask)
    {
        if (MatrixOperands.IsTogether(this, w, mask))
            w.Warpgroup.Wait(w, this, allowed);
    }
}
