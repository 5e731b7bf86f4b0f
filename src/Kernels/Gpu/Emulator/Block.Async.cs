using Puna.Kernels.Gpu.Emulator.Async;

namespace Puna.Kernels.Gpu.Emulator;

internal sealed partial class Block
{
    private readonly Dictionary<long, TransactionBarrier> _transactions = [];

    /// <summary>The mbarrier at an offset of shared memory; null where none has been initialised.</summary>
    public TransactionBarrier? Transaction(long offset) => _transactions.GetValueOrDefault(offset);

    /// <summary>All mbarriers.</summary>
    public IReadOnlyCollection<TransactionBarrier> Transactions => _transactions.Values;

    /// <summary>A new mbarrier, in place of what was there.</summary>
    public TransactionBarrier AddTransaction(long offset, int count, Warp initializer)
    {
        TransactionBarrier barrier = new(this, offset, count, initializer.ClockIndex);
        _transactions[offset] = barrier;
        return barrier;
    }

    /// <summary><c>mbarrier.inval</c>.</summary>
    public void RemoveTransaction(long offset) => _transactions.Remove(offset);

    partial void StartAsync() => _transactions.Clear();
}
