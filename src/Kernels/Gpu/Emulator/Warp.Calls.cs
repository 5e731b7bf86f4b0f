using System.Numerics;

namespace Puna.Kernels.Gpu.Emulator;

internal sealed unsafe partial class Warp
{
    private const int MaximumDepth = 64;
    private readonly int[] _returns = new int[32 * MaximumDepth];
    private readonly int[] _depth = new int[32];

    /// <summary>Lanes go to a function and will come back behind the call; false where they are too deep.</summary>
    public bool Call(uint mask, int target)
    {
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            if (_depth[lane] == MaximumDepth)
                return false;
            _returns[(lane * MaximumDepth) + _depth[lane]++] = Pc;
        }

        Branch(mask, target);
        return true;
    }

    /// <summary>The function that each lane called last through a pointer.</summary>
    public int[] LastCallee { get; } = new int[32];

    /// <summary>Some lanes go to a function; others execute the call again.</summary>
    public void CallSome(uint mask, uint others, int target, int call)
    {
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            if (_depth[lane] == MaximumDepth)
                throw new InvalidOperationException("calls are nested too deeply");
            _returns[(lane * MaximumDepth) + _depth[lane]++] = Pc;
            LastCallee[lane] = LanePc[lane] = target;
        }

        for (uint m = others; m != 0; m &= m - 1)
            LanePc[BitOperations.TrailingZeroCount(m)] = call;
        BranchEach(mask | others);
    }

    /// <summary>Reports that lanes cannot call any deeper, and ends them.</summary>
    public void ReportDepth(Instruction instruction, uint mask)
    {
        if (IsNew(FindingKind.Misuse, instruction))
            Report(FindingKind.Misuse, instruction, BitOperations.TrailingZeroCount(mask), 0, $"Calls are nested more than {MaximumDepth} deep.");
        Exit(mask);
    }

    /// <summary>Lanes go back to where they were called, or end.</summary>
    public void Return(uint mask)
    {
        uint ending = 0;
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            if (_depth[lane] == 0)
                ending |= 1u << lane;
            else
                LanePc[lane] = _returns[(lane * MaximumDepth) + --_depth[lane]];
        }

        if (ending == mask)
            Exit(mask);
        else if (ending == 0)
            BranchEach(mask);
        else
            throw new InvalidOperationException("lanes of an entry and of a function meet at one return");
    }

    partial void ClearCalls() => Array.Clear(_depth);
}
