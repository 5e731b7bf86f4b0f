namespace Puna.Kernels.Gpu.Emulator;

/// <summary>
/// Asynchronous work that completes by itself at some time: bulk copies. In the late schedule the queue is asked only
/// when no warp of the team can go on. A class hierarchy for the reason that <see cref="Instruction"/> gives.
/// </summary>
internal abstract class AsyncOperation
{
    /// <summary>Takes effect.</summary>
    public abstract void Complete();
}

/// <summary>The operations of a team that are under way.</summary>
internal sealed class AsyncQueue
{
    private readonly List<AsyncOperation> _pending = [];

    /// <summary>Whether anything is under way.</summary>
    public bool IsEmpty => _pending.Count == 0;

    /// <summary>Adds an operation.</summary>
    public void Add(AsyncOperation operation) => _pending.Add(operation);

    /// <summary>Completes an operation that has been waited for.</summary>
    public void Complete(AsyncOperation operation)
    {
        if (_pending.Remove(operation))
            operation.Complete();
    }

    /// <summary>Completes one, chosen at random: nobody promises an order.</summary>
    /// <returns>false where none is left.</returns>
    public bool CompleteOne(Team team)
    {
        if (_pending.Count == 0)
            return false;
        int index = (int)(team.Random() % (uint)_pending.Count);
        AsyncOperation operation = _pending[index];
        _pending.RemoveAt(index);
        operation.Complete();
        return true;
    }

    /// <summary>Completes all in the order of their issue.</summary>
    public void CompleteAll()
    {
        while (_pending.Count > 0)
        {
            AsyncOperation operation = _pending[0];
            _pending.RemoveAt(0);
            operation.Complete();
        }
    }

    /// <summary>Forgets all.</summary>
    public void Clear() => _pending.Clear();
}
