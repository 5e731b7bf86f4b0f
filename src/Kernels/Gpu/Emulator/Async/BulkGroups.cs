using System.Numerics;

namespace Puna.Kernels.Gpu.Emulator.Async;

/// <summary>Bulk copies out of shared memory that a warp's lanes wait for by groups.</summary>
internal sealed class BulkGroups
{
    private readonly List<(BulkCopy Copy, int Lane, int Group)> _copies = [];
    private readonly int[] _committed = new int[32];

    /// <summary>A new block begins.</summary>
    public void Reset()
    {
        _copies.Clear();
        Array.Clear(_committed);
    }

    /// <summary>A copy joins its lane's open group.</summary>
    public void Add(BulkCopy copy, int lane) => _copies.Add((copy, lane, _committed[lane]));

    /// <summary><c>cp.async.bulk.commit_group</c>.</summary>
    public void Commit(uint mask)
    {
        for (uint m = mask; m != 0; m &= m - 1)
            _committed[BitOperations.TrailingZeroCount(m)]++;
    }

    /// <summary><c>cp.async.bulk.wait_group</c>: all but the last groups are finished, or at least have read their sources.</summary>
    public void Wait(Warp w, uint mask, int allowed, bool isReadOnly)
    {
        for (int i = 0; i < _copies.Count; i++)
        {
            (BulkCopy copy, int lane, int group) = _copies[i];
            if ((mask >> lane & 1) == 0 || group >= _committed[lane] - allowed)
                continue;
            copy.FinishRead();
            if (isReadOnly)
                continue;
            w.Team.Async.Complete(copy);
            copy.FinishWrite();
            _copies.RemoveAt(i--);
        }
    }
}
