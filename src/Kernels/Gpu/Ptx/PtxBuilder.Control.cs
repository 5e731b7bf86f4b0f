using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

public sealed partial class PtxBuilder
{
    private readonly Stack<Loop> _loops = [];
    private readonly HashSet<string> _brokenTo = [];

    private sealed record Loop(string End, string Continue)
    {
        public bool IsContinued { get; set; }
    }

    /// <summary>Runs <paramref name="then"/> in the threads where the condition holds; <see cref="IfBlock.Else"/> may follow.</summary>
    /// <param name="condition">Decided by each thread.</param>
    /// <param name="then">Writes the block; values made in it end with it.</param>
    /// <param name="name">Passed by the compiler.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public IfBlock If(Pred condition, Action then, [CallerArgumentExpression(nameof(condition))] string? name = null,
        [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        Value p = Condition(condition, name);
        string? named = PtxNames.OfExpression(name, null);
        string stem = NewLabel(named is null ? "if" : $"if_{named}", isNumbered: named is null), label = NewLabel($"{stem}_end");
        Line branch = Branch(label, p, isNegated: true);
        At(file, line);
        Scope scope = InScope(p.Varies, then);
        int last = _lines.Count - 1;
        bool isSingle = last >= 1 && ReferenceEquals(_lines[last - 1], branch)
            && _lines[last] is { Kind: LineKind.Instruction, Guard: null };
        if (isSingle)
            Predicate(branch);
        else
            Label(label);
        return new IfBlock(this, new IfBlock.Parts(branch, p, scope, label, isSingle, _lines.Count));
    }

    // one instruction needs no jump: the branch goes, and its guard moves to the instruction
    private void Predicate(Line branch)
    {
        Line only = _lines[^1];
        (only.Guard, only.IsGuardNegated) = (branch.Guard, !branch.IsGuardNegated);
        only.Depth--;
        _lines.RemoveAt(_lines.Count - 2);
        _attributed = Math.Min(_attributed, _lines.Count);
    }

    internal void Else(IfBlock.Parts block, Action otherwise)
    {
        if (_lines.Count != block.LineCount)
            throw Fail("Else was called after something else was written, but it must follow its If directly");
        if (block.IsSingle)
        {
            Line only = _lines[^1];
            (only.Guard, only.IsGuardNegated) = (null, false);
            only.Depth++;
            _lines.Insert(_lines.Count - 1, block.Branch);
        }
        else
        {
            _lines.RemoveAt(_lines.Count - 1);
        }

        _attributed = _lines.Count;
        string otherwiseLabel = NewLabel(block.EndLabel.Replace("_end", "_else", StringComparison.Ordinal));
        block.Branch.Operands[0] = otherwiseLabel;
        Branch(block.EndLabel, null).Source = _lastSource;
        Label(otherwiseLabel);
        Scope scope = InScope(block.Condition.Varies, otherwise);
        Label(block.EndLabel);
        foreach (Value variable in block.Then.Assigned.Where(v => v.IsAssignedIn(scope)))
            variable.AssignIn(_scope);
    }

    /// <summary>Repeats while the condition holds.</summary>
    /// <param name="condition">Writes the test, which every round makes first.</param>
    /// <param name="body">Writes one round.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void While(Func<Pred> condition, Action body, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        string start = NewLabel("while", isNumbered: true);
        Loop loop = new(NewLabel($"{start}_end"), start);
        At(file, line);
        Label(start);
        Scope scope = OpenScope(diverges: false);
        Value p = Condition(condition(), null);
        Branch(loop.End, p, isNegated: true);
        At(file, line);
        _loops.Push(loop);
        InScope(p.Varies, body);
        _loops.Pop();
        Branch(start, null);
        CloseScope(scope);
        Label(loop.End);
    }

    /// <summary>Repeats while <paramref name="body"/> asks for it; the first round runs in any case.</summary>
    /// <param name="body">Writes one round and returns whether there is another.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void DoWhile(Func<Pred> body, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        string start = NewLabel("do", isNumbered: true);
        Loop loop = new(NewLabel($"{start}_end"), NewLabel($"{start}_next"));
        At(file, line);
        Label(start);
        Scope scope = OpenScope(diverges: false);
        _loops.Push(loop);
        Value p = Condition(body(), null);
        _loops.Pop();
        if (loop.IsContinued)
            throw Fail("Continue stands in a DoWhile, whose test is part of the round. Use an If");
        Branch(start, p);
        CloseScope(scope);
        Label(loop.End);
        foreach (Value variable in scope.Assigned)
            variable.AssignIn(_scope);
    }

    /// <summary>Leaves the innermost loop.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void Break([CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        string end = Innermost("Break").End;
        _brokenTo.Add(end);
        Branch(end, null);
        At(file, line);
    }

    /// <summary>Goes on with the next round of the innermost loop.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void Continue([CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        Loop loop = Innermost("Continue");
        loop.IsContinued = true;
        Branch(loop.Continue, null);
        At(file, line);
    }

    /// <summary>Ends the thread.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void Return([CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        Emit("ret");
        At(file, line);
    }

    /// <summary>Writes <paramref name="body"/> <paramref name="count"/> times: a C# loop, with its number known while writing.</summary>
    /// <param name="count">How often.</param>
    /// <param name="body">Writes round i.</param>
    public void Unroll(int count, Action<int> body)
    {
        CheckOpen();
        for (int i = 0; i < count; i++)
            body(i);
    }

    private Loop Innermost(string what) => _loops.TryPeek(out Loop? loop) ? loop : throw Fail($"{what} stands outside of any loop");

    private Value Condition(Pred condition, string? name)
    {
        Value p = InRegister(condition.Value);
        CheckRead(p);
        p.Name ??= PtxNames.OfExpression(name, p.Index);
        return p;
    }

    internal Line Branch(string label, Value? guard, bool isNegated = false)
    {
        Line line = Emit("bra", label);
        (line.Guard, line.IsGuardNegated) = (guard, isNegated);
        return line;
    }

    private Scope InScope(bool diverges, Action body)
    {
        Scope scope = OpenScope(diverges);
        body();
        CloseScope(scope);
        return scope;
    }

    private Scope OpenScope(bool diverges)
    {
        _depth++;
        return _scope = new Scope(_scope, diverges);
    }

    private void CloseScope(Scope scope)
    {
        Attribute(null);
        _depth--;
        scope.IsClosed = true;
        _scope = scope.Parent!; // only the root has none, and nobody closes it here
    }
}

/// <summary>What <see cref="PtxBuilder.If"/> wrote, for an else to follow.</summary>
public readonly struct IfBlock
{
    private readonly PtxBuilder _kernel;
    private readonly Parts _parts;

    internal IfBlock(PtxBuilder kernel, Parts parts) => (_kernel, _parts) = (kernel, parts);

    /// <summary>Runs <paramref name="otherwise"/> in the threads where the condition did not hold.</summary>
    /// <param name="otherwise">Writes the block; values made in it end with it.</param>
    public void Else(Action otherwise) => _kernel.Else(_parts, otherwise);

    internal sealed record Parts(Line Branch, Value Condition, Scope Then, string EndLabel, bool IsSingle, int LineCount);
}
