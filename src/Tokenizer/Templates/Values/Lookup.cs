using System.Numerics;
using Puna.Tokenizer.Templates.Library;
using Puna.Tokenizer.Templates.Python;

namespace Puna.Tokenizer.Templates.Values;

/// <summary>Jinja's <c>value.name</c> and <c>value[index]</c>, and nothing else of Python's objects.</summary>
internal static class Lookup
{
    private static readonly string[] ChangingDicts = ["clear", "pop", "popitem", "setdefault", "update"];

    private static readonly string[] ChangingLists =
        ["append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove"];

    /// <summary>A method or attribute first, then an entry of that name; undefined where there is neither.</summary>
    public static IValue Attribute(RenderState state, IValue target, string name)
    {
        state.Spend(1);
        if (target is UndefinedValue undefined)
            throw Undefined.Fail(state, undefined, $"reading '{name}' of it");
        return Member(target, name) ?? (target as Dict)?[name] ?? Missing(target, name);
    }

    /// <summary>An entry first, then a method or attribute of that name; undefined where there is neither.</summary>
    public static IValue Item(RenderState state, IValue target, IValue index)
    {
        state.Spend(1);
        if (target is UndefinedValue undefined)
            throw Undefined.Fail(state, undefined, $"reading {PythonText.Repr(state, index).Value} of it");
        if (Entry(target, index) is { } entry)
            return entry;
        if (index is Text name)
            return Member(target, name.Value) ?? Missing(target, name.Value);
        return new UndefinedValue($"{TypeOf(target)} has no element {PythonText.Repr(state, index).Value}");
    }

    public static IValue Range(RenderState state, IValue target, IValue? start, IValue? stop, IValue? step)
    {
        if (Undefined.FailIfAny(state, "a slice of it", target) is { } failure)
            throw failure;
        int length = target switch
        {
            Text text => text.CodePointCount,
            Sequence { IsIndexable: true } sequence => sequence.Items.Count,
            _ => throw state.Fail(
                $"a slice is taken of {PythonTypes.Some(target)}, but only a str, list or tuple has slices."),
        };
        int by = Bound(state, step, 1), from, to;
        if (by == 0)
            throw state.Fail("a slice has step 0, but needs to move on.");
        if (by > 0)
            (from, to) = (Clamp(Bound(state, start, 0), length, 0, length),
                Clamp(Bound(state, stop, length), length, 0, length));
        else
            (from, to) = (Clamp(Bound(state, start, length - 1), length, -1, length - 1),
                stop is null or NoneValue ? -1 : Clamp(Bound(state, stop, 0), length, -1, length - 1));
        if (target is Text { } whole && by == 1)
            return from >= to ? Text.Empty
                : whole.Slice(whole.OffsetOf(from), whole.OffsetOf(to) - whole.OffsetOf(from));
        return Pick(state, target, from, to, by);
    }

    private static IValue Pick(RenderState state, IValue target, int from, int to, int by)
    {
        var items = new List<IValue>();
        for (long i = from; by > 0 ? i < to : i > to; i += by)
        {
            state.Spend(1);
            items.Add(target is Text text ? text.CodePoint((int)i) : ((Sequence)target).Items[(int)i]);
        }

        if (target is not Text)
        {
            SequenceKind kind = target is Sequence { Kind: SequenceKind.Tuple }
                ? SequenceKind.Tuple
                : SequenceKind.List;
            return state.Sequence(items, kind, target.IsTrusted);
        }

        var builder = new TextBuilder(state);
        foreach (IValue item in items)
            builder.Append((Text)item);
        return builder.ToText();
    }

    private static int Bound(RenderState state, IValue? bound, int fallback)
    {
        if (bound is null or NoneValue)
            return fallback;
        if (bound is not (IntValue or BoolValue) || Number.From(bound)?.Integer is not { } value)
            throw Undefined.FailIfAny(state, "a slice", bound)
                ?? state.Fail($"a slice is bounded by {PythonTypes.Some(bound)}, but bounds are integers or none.");
        return (int)BigInteger.Clamp(value, int.MinValue / 2, int.MaxValue / 2);
    }

    private static int Clamp(int index, int length, int low, int high) =>
        Math.Clamp(index < 0 ? index + length : index, low, high);

    private static IValue? Entry(IValue target, IValue index)
    {
        if (target is Dict dict)
            return KeyComparer.IsHashable(index) && dict.Entries.TryGetValue(index, out IValue? value) ? value : null;
        if (index is not (IntValue or BoolValue) || Number.From(index)?.Integer is not { } i)
            return null;
        int length = target switch
        {
            Text text => text.CodePointCount,
            Sequence { IsIndexable: true } sequence => sequence.Items.Count,
            _ => 0,
        };
        BigInteger at = i.Sign < 0 ? i + length : i;
        if (at.Sign < 0 || at >= length)
            return null;
        return target is Text s ? s.CodePoint((int)at) : (target as Sequence)?.Items[(int)at];
    }

    private static IValue? Member(IValue target, string name) => target switch
    {
        Text text => TextMethods.Find(text, name),
        Dict when ChangingDicts.Contains(name) => Changes(target, name),
        Sequence { Kind: SequenceKind.List } when ChangingLists.Contains(name) => Changes(target, name),
        Dict dict => ContainerMethods.Find(dict, name),
        Sequence sequence => ContainerMethods.Find(sequence, name),
        NamespaceValue space => space.Attributes.GetValueOrDefault(name),
        LoopValue loop => loop.Attribute(name),
        _ => null,
    };

    // not there, as in the sandbox that templates are written for: undefined, and an error when it is called
    private static UndefinedValue Changes(IValue target, string name) =>
        new($"'{name}' would change {PythonTypes.Some(target)}, which templates may not");

    private static UndefinedValue Missing(IValue target, string name) =>
        new($"'{TypeOf(target)}' has no attribute '{name}'");

    private static string TypeOf(IValue target) =>
        target is NoneValue ? "None" : PythonTypes.Name(target) + " object";
}
