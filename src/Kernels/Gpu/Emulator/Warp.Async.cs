using Puna.Kernels.Gpu.Emulator.Async;

namespace Puna.Kernels.Gpu.Emulator;

internal sealed unsafe partial class Warp
{
    /// <summary>Products of its warpgroup under way.</summary>
    public WarpgroupQueue Warpgroup { get; } = new();

    /// <summary>Its lanes' <c>cp.async</c> under way.</summary>
    public CopyQueue Copies { get; } = new();

    /// <summary>Its lanes' bulk copies that are waited for by groups.</summary>
    public BulkGroups Bulk { get; } = new();

    /// <summary>A register's name in the text.</summary>
    public string NameOf(Register register) => _program.Registers.Names[register.Index];

    /// <summary>
    /// An mbarrier was asked in vain. Other lanes of the warp may be the ones that bring it about, so the warp is put off only
    /// when all its lanes ask, or when they have asked very often.
    /// </summary>
    public void PollBarrier()
    {
        if (Team.Progress != _polledProgress)
            (_polledProgress, _vainPolls, _vainLanes) = (Team.Progress, 0, 0);
        _vainPolls++;
        _vainLanes |= Current;
        uint others = Alive & ~Waiting & ~Parked & ~Current, unasked = others & ~_vainLanes;
        if (others == 0 || (unasked == 0 && _vainPolls > MaximumVainPolls))
        {
            Poll();
            return;
        }

        IsYielding = true;
        Suspend();
        RunOneOf(unasked != 0 ? unasked : others);
    }

    private const int MaximumVainPolls = 256;
    private long _polledProgress = -1;
    private uint _vainLanes;
    private int _vainPolls;

    partial void StartAsync()
    {
        Warpgroup.Reset();
        Copies.Reset();
        Bulk.Reset();
    }
}
