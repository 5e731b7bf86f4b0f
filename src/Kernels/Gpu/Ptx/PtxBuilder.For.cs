using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

public sealed partial class PtxBuilder
{
    /// <summary>Counts from <paramref name="start"/> while below <paramref name="end"/>.</summary>
    /// <param name="start">First number.</param>
    /// <param name="end">One more than the last; does not change in the loop.</param>
    /// <param name="step">Added after each round, not 0; end + step must not pass the type's largest number.</param>
    /// <param name="body">Writes one round.</param>
    /// <param name="unroll">Rounds that are written one after another, with a loop for the rest behind them.</param>
    /// <param name="startName">Passed by the compiler.</param>
    /// <param name="bodyName">Passed by the compiler.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    [OverloadResolutionPriority(1)]
    public void For(U32 start, U32 end, U32 step, Action<U32> body, int unroll = 1,
        [CallerArgumentExpression(nameof(start))] string? startName = null, [CallerArgumentExpression(nameof(body))] string? bodyName = null,
        [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Count(new Bounds<U32>(start, end, step, body, unroll), (startName, bodyName), file, line);

    /// <inheritdoc cref="For(U32, U32, U32, Action{U32}, int, string?, string?, string, int)"/>
    [OverloadResolutionPriority(1)]
    public void For(U32 start, U32 end, Action<U32> body, int unroll = 1,
        [CallerArgumentExpression(nameof(start))] string? startName = null, [CallerArgumentExpression(nameof(body))] string? bodyName = null,
        [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Count(new Bounds<U32>(start, end, 1, body, unroll), (startName, bodyName), file, line);

    /// <inheritdoc cref="For(U32, U32, U32, Action{U32}, int, string?, string?, string, int)"/>
    public void For(I32 start, I32 end, I32 step, Action<I32> body, int unroll = 1,
        [CallerArgumentExpression(nameof(start))] string? startName = null, [CallerArgumentExpression(nameof(body))] string? bodyName = null,
        [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Count(new Bounds<I32>(start, end, step, body, unroll), (startName, bodyName), file, line);

    /// <inheritdoc cref="For(U32, U32, U32, Action{U32}, int, string?, string?, string, int)"/>
    public void For(I32 start, I32 end, Action<I32> body, int unroll = 1,
        [CallerArgumentExpression(nameof(start))] string? startName = null, [CallerArgumentExpression(nameof(body))] string? bodyName = null,
        [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Count(new Bounds<I32>(start, end, 1, body, unroll), (startName, bodyName), file, line);

    private readonly record struct Bounds<T>(T Start, T End, T Step, Action<T> Body, int Unroll) where T : struct, IRegister<T>
    {
        public bool Varies => (Start.Value?.Varies ?? false) || (End.Value?.Varies ?? false) || (Step.Value?.Varies ?? false);

        /// <summary>Rounds, where all three are constants.</summary>
        public long? Rounds => Start.Value is { IsConstant: true } s && End.Value is { IsConstant: true } e && Step.Value is { IsConstant: true } d
            ? Math.Max(0, ((long)e.Bits - (long)s.Bits + (long)d.Bits - 1) / (long)d.Bits) : null;
    }

    private void Count<T>(Bounds<T> bounds, (string? Start, string? Body) names, string file, int line) where T : struct, IRegister<T>
    {
        if (bounds.Step.Value is { IsConstant: true } step && (long)step.Bits <= 0)
            throw Fail($"For steps by {(long)step.Bits}, but a positive step was expected");
        if (bounds.Unroll < 1)
            throw Fail($"For unrolls {bounds.Unroll} rounds, but 1 or more were expected");
        if (bounds.Start.Value is { IsConstant: false } start)
            start.Name ??= PtxNames.OfExpression(names.Start, start.Index);
        string name = PtxNames.OfLambda(names.Body) ?? "i";
        Scope scope = OpenScope(diverges: false);
        _depth--;
        T counter = NewVariable<T>(name, null);
        counter.Value!.Varies = bounds.Start.Value?.Varies ?? false; // a new variable has a register
        Assign(counter, bounds.Start);
        At(file, line);
        if (bounds.Unroll == 1)
        {
            Rounds(bounds, bounds.End, counter, copies: 1, mayBeNone: bounds.Rounds is not > 0, $"for_{name}", null);
        }
        else
        {
            string last = NewLabel($"for_{name}_left");
            Rounds(bounds, UnrolledEnd(bounds), counter, bounds.Unroll, mayBeNone: !(bounds.Rounds >= bounds.Unroll), $"for_{name}", last);
            if (bounds.Rounds is not { } count || count % bounds.Unroll != 0)
                Rounds(bounds, bounds.End, counter, copies: 1, mayBeNone: true, $"for_{name}_rest", last);
            if (_brokenTo.Remove(last))
                Label(last);
        }

        At(file, line);
        _depth++;
        CloseScope(scope);
        foreach (Value variable in scope.Assigned.Where(v => !v.Scope!.IsClosed)) // variables have a scope
            variable.AssignIn(_scope);
    }

    // whole groups of rounds start below end - (unroll - 1) * step, which must not wrap below zero
    private T UnrolledEnd<T>(Bounds<T> bounds) where T : struct, IRegister<T>
    {
        string type = T.ElementType.Suffix;
        if (bounds.Step.Value is not { IsConstant: true } step)
            throw Fail("For unrolls a loop whose step is known only at run time, but a constant step was expected");
        long reach = (bounds.Unroll - 1) * (long)step.Bits;
        if (bounds.End.Value is { IsConstant: true } end)
            return T.From(Value.Constant(T.ElementType, (ulong)Math.Max((long)end.Bits - reach, T.ElementType.IsSigned ? long.MinValue : 0)));
        Operand span = T.From(Value.Constant(T.ElementType, (ulong)reach)).Value;
        Operand from = bounds.End.Value;
        if (!T.ElementType.IsSigned)
            from = Result<T>($"max.{type}", from, span).Value;
        return Result<T>($"sub.{type}", from, span);
    }

    private void Rounds<T>(Bounds<T> bounds, T end, T counter, int copies, bool mayBeNone, string label, string? left)
        where T : struct, IRegister<T>
    {
        string type = T.ElementType.Suffix;
        string start = NewLabel(label), after = NewLabel($"{start}_end");
        if (mayBeNone)
            Branch(after, Result<Pred>($"setp.ge.{type}", counter.Value, end.Value).Value);
        Label(start);
        if (bounds.Unroll > 1)
            Directive(".pragma \"nounroll\";");
        Attribute(null);
        Scope scope = OpenScope(bounds.Varies);
        for (int i = 0; i < copies; i++)
            Round(bounds, i, counter, new Loop(left ?? after, NewLabel($"{start}_next")));
        Operand step = copies == 1 ? bounds.Step.Value : Multiple(bounds, copies);
        Emit($"add.{type}", Operand.Out(counter.Value!), counter.Value, step); // a variable has a register
        Branch(start, Result<Pred>($"setp.lt.{type}", counter.Value, end.Value).Value);
        CloseScope(scope);
        Label(after);
        if (!mayBeNone)
        {
            foreach (Value variable in scope.Assigned)
                variable.AssignIn(_scope);
        }
    }

    private void Round<T>(Bounds<T> bounds, int copy, T counter, Loop loop) where T : struct, IRegister<T>
    {
        _loops.Push(loop);
        bounds.Body(copy == 0 ? counter : Result<T>($"add.{T.ElementType.Suffix}", counter.Value, Multiple(bounds, copy)));
        _loops.Pop();
        if (loop.IsContinued)
            Label(loop.Continue);
        Attribute(null);
    }

    private static Value Multiple<T>(Bounds<T> bounds, int count) where T : struct, IRegister<T> =>
        Value.Constant(T.ElementType, (ulong)count * bounds.Step.Value!.Bits); // a constant: only such steps unroll
}
