using Puna.Kernels.Gpu.Emulator.Memory;
using Puna.Kernels.Gpu.Emulator.Syntax;

namespace Puna.Kernels.Gpu.Emulator;

internal sealed partial class Block
{
    /// <summary>A strong read of a warp sees what others published at an address.</summary>
    public void See(Warp w, StateSpace space, ulong address)
    {
        if (space == StateSpace.Generic)
            space = MemoryAccess.Resolve(ref address);
        if (space is StateSpace.Shared or StateSpace.SharedCluster)
            Team.SeeShared(w, Rank, address);
        else if (space == StateSpace.Global)
            Launch.Order.See(address, Clock);
    }

    /// <summary>A strong write of a warp publishes at an address what its last fence covers.</summary>
    public void Publish(Warp w, StateSpace space, ulong address, bool isAtomic)
    {
        if (space == StateSpace.Generic)
            space = MemoryAccess.Resolve(ref address);
        if (space is StateSpace.Shared or StateSpace.SharedCluster)
            Team.PublishShared(w, Rank, address, isAtomic);
        else if (space == StateSpace.Global)
            Launch.Order.Publish(address, Clock, isAtomic);
    }

    /// <summary>A memory fence of a warp.</summary>
    public void Fence(Warp w)
    {
        Clock.Fence();
        Team.FenceShared(w);
    }
}
