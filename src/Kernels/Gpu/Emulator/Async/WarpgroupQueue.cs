using Puna.Kernels.Gpu.Emulator.Instructions;
using Puna.Kernels.Gpu.Layouts;

namespace Puna.Kernels.Gpu.Emulator.Async;

/// <summary>One warp's wgmma products under way: those of the open group, then groups in the order of their commits.</summary>
internal sealed unsafe class WarpgroupQueue
{
    private readonly Stack<WarpgroupProduct> _free = new();
    private readonly List<WarpgroupProduct> _open = [];
    private readonly List<List<WarpgroupProduct>> _groups = [];
    private readonly Stack<List<WarpgroupProduct>> _freeGroups = new();
    private readonly List<WarpgroupAccumulator> _inFlight = [];
    private readonly Dictionary<WarpgroupMultiply, WarpgroupAccumulator> _accumulators = [];
    private Register[]? _fencedRegisters;
    private uint[] _fencedWords = [];
    private Dictionary<int, int> _fencedAt = [];
    private bool _isFenced;

    /// <summary>Products issued in this block.</summary>
    public int Issued { get; private set; }

    /// <summary>A new block begins.</summary>
    public void Reset()
    {
        foreach (List<WarpgroupProduct> group in _groups)
            Recycle(group);
        foreach (WarpgroupProduct product in _open)
            _free.Push(product);
        _groups.Clear();
        _open.Clear();
        _inFlight.Clear();
        _isFenced = false;
        Issued = 0;
    }

    /// <summary><c>wgmma.fence</c>: what registers hold now, products may use.</summary>
    public void Fence(Warp w)
    {
        _isFenced = true;
        if (!w.Launch.Options.Checked)
            return;
        if (_fencedRegisters is null)
            FindRegisters(w);
        for (int i = 0; i < _fencedRegisters!.Length; i++)   // FindRegisters sets it
            new ReadOnlySpan<uint>(w.Words(_fencedRegisters[i]), 32).CopyTo(_fencedWords.AsSpan(32 * i));
    }

    /// <summary>Reports registers that changed since the last <c>wgmma.fence</c>, other than by products.</summary>
    public void CheckFence(Warp w, WarpgroupMultiply instruction)
    {
        if (!w.Launch.Options.Checked)
            return;
        if (!_isFenced)
        {
            AsyncReports.Misuse(w, instruction, 0, 0, "No wgmma.fence comes before the first product of the warp.");
            return;
        }

        bool isInFlight = _inFlight.Exists(a => a.Is(instruction.D, instruction.Shape.C));
        CheckFenced(w, instruction, instruction.A);
        if (!isInFlight)
            CheckFenced(w, instruction, instruction.D);
    }

    private void CheckFenced(Warp w, WarpgroupMultiply instruction, Register[] registers)
    {
        foreach (Register r in registers)
        {
            // compilers move the zeros that a sum begins with behind the fence, and the assembler puts up with that
            ReadOnlySpan<uint> now = new(w.Words(r), 32);
            if (_fencedAt.TryGetValue(r.Index, out int at) && !now.SequenceEqual(_fencedWords.AsSpan(32 * at, 32)) && now.ContainsAnyExcept(0u))
            {
                AsyncReports.Misuse(w, instruction, 0, 0, $"The register {w.NameOf(r)} was written since the last wgmma.fence: another must come between.");
                return;
            }
        }
    }

    /// <summary>Starts a product.</summary>
    public void Issue(Warp w, WarpgroupMultiply instruction, WgmmaDescriptor? a, WgmmaDescriptor b, bool addsToD)
    {
        Issued++;
        WarpgroupAccumulator? accumulator = _inFlight.Find(x => x.Is(instruction.D, instruction.Shape.C));
        if (accumulator is null)
        {
            if (_inFlight.Find(x => x.Overlaps(instruction.D)) is not null && w.IsNew(FindingKind.InFlight, instruction))
                w.Report(FindingKind.InFlight, instruction, 0, 0, "The accumulator shares registers with another one whose product has not been waited for.");
            if (!_accumulators.TryGetValue(instruction, out accumulator))
                _accumulators.Add(instruction, accumulator = new WarpgroupAccumulator(instruction.D, instruction.Shape.C, instruction.Shape.N));
            accumulator.Take(w, instruction);
            _inFlight.Add(accumulator);
        }

        if (!_free.TryPop(out WarpgroupProduct? product))
            product = new WarpgroupProduct();
        if (product.Begin(w, instruction, accumulator, a, b, addsToD))
            _open.Add(product);
        else
            _free.Push(product);
    }

    /// <summary><c>wgmma.commit_group</c>.</summary>
    public void Commit()
    {
        if (!_freeGroups.TryPop(out List<WarpgroupProduct>? group))
            group = [];
        group.AddRange(_open);
        _open.Clear();
        _groups.Add(group);
    }

    /// <summary><c>wgmma.wait_group</c>: at most <paramref name="allowed"/> groups stay under way.</summary>
    public void Wait(Warp w, Instruction instruction, int allowed)
    {
        int finished = _groups.Count - allowed;
        if (finished <= 0)
            return;
        for (int i = 0; i < finished; i++)
        {
            foreach (WarpgroupProduct product in _groups[i])
                product.End();
            Recycle(_groups[i]);
        }

        _groups.RemoveRange(0, finished);
        for (int i = _inFlight.Count - 1; i >= 0; i--)
        {
            WarpgroupAccumulator accumulator = _inFlight[i];
            if (accumulator.Pending > 0)
                continue;
            accumulator.Restore(w, instruction);
            _inFlight.RemoveAt(i);
            Remember(w, accumulator.Registers);
        }
    }

    private void Recycle(List<WarpgroupProduct> group)
    {
        foreach (WarpgroupProduct product in group)
            _free.Push(product);
        group.Clear();
        _freeGroups.Push(group);
    }

    // what products themselves write needs no fence before the next product into the same accumulator
    private void Remember(Warp w, Register[] registers)
    {
        foreach (Register r in registers)
        {
            if (_fencedAt.TryGetValue(r.Index, out int at))
                new ReadOnlySpan<uint>(w.Words(r), 32).CopyTo(_fencedWords.AsSpan(32 * at));
        }
    }

    private void FindRegisters(Warp w)
    {
        Register[] all = [.. w.Code.OfType<WarpgroupMultiply>().SelectMany(i => i.D.Concat(i.A)).DistinctBy(r => r.Index)];
        _fencedWords = new uint[32 * all.Length];
        _fencedAt = all.Select((r, i) => (r.Index, i)).ToDictionary(p => p.Index, p => p.i);
        _fencedRegisters = all;
    }
}
