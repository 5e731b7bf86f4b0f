namespace Puna.Kernels.Gpu.Emulator;

internal sealed partial class Block
{
    private readonly Dictionary<ulong, Suspicion> _suspicions = [];

    private readonly record struct Suspicion(Warp Warp, FindingKind Kind, Instruction Instruction, int Lane, ulong Address, Func<string> Message);

    /// <summary>
    /// A plain read of what another thread's atomic has written, unordered. That is a race, but for the loop that reads
    /// a value only to offer it to a compare-and-swap at the same address: so the report waits for the block's end.
    /// </summary>
    public void Suspect(ulong key, Warp w, FindingKind kind, Instruction instruction, int lane, ulong address, Func<string> message) =>
        _suspicions.TryAdd(key, new Suspicion(w, kind, instruction, lane, address, message));

    /// <summary>The block has executed an atomic at an address.</summary>
    public void Acquit(ulong key)
    {
        if (_suspicions.Count > 0)
            _suspicions.Remove(key);
    }

    /// <summary>Reports what is left: the block has ended.</summary>
    public void ReportSuspicions()
    {
        foreach (Suspicion s in _suspicions.Values)
        {
            if (s.Warp.IsNew(s.Kind, s.Instruction))
                s.Warp.Report(s.Kind, s.Instruction, s.Lane, s.Address, s.Message());
        }

        _suspicions.Clear();
    }
}
