using System.Collections.Frozen;
using System.Numerics;
using Puna.Tokenizer.Templates.Values;

namespace Puna.Tokenizer.Templates.Library;

/// <summary>The methods of dicts, lists and tuples that change nothing.</summary>
internal static class ContainerMethods
{
    private static readonly FrozenDictionary<string, Method<Dict>> OfDict =
        new Dictionary<string, Method<Dict>>
        {
            ["items"] = new(new(0), (state, dict, _) => Items(state, dict)),
            ["keys"] = new(new(0), (state, dict, _) =>
                state.Sequence([.. dict.Entries.Keys], SequenceKind.Keys, dict.IsTrusted)),
            ["values"] = new(new(0), (state, dict, _) =>
                state.Sequence([.. dict.Entries.Values], SequenceKind.Values, dict.IsTrusted)),
            ["get"] = new(new(1, "key", "default"), Get),
            ["copy"] = new(new(0), (_, dict, _) => dict),
        }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, Method<Sequence>> OfList =
        new Dictionary<string, Method<Sequence>>
        {
            ["index"] = new(new(1, "value", "start", "stop"), Index),
            ["count"] = new(new(1, "value"), (state, list, a) =>
                state.Integer(list.Items.Count(i => Equality.AreEqual(state, i, a[0] ?? NoneValue.Own)))),
            ["copy"] = new(new(0), (_, list, _) => list),
        }.ToFrozenDictionary();

    public static Callable? Find(Dict dict, string name) => OfDict.TryGetValue(name, out var method)
        ? new(name, (state, a) => method.Body(state, dict, method.Signature.Bind(state, $"the method '{name}'", a)))
        : null;

    public static Callable? Find(Sequence list, string name)
    {
        if (!list.IsIndexable || name == "copy" && list.Kind != SequenceKind.List)
            return null;
        return OfList.TryGetValue(name, out var method)
            ? new(name, (state, a) => method.Body(state, list, method.Signature.Bind(state, $"the method '{name}'", a)))
            : null;
    }

    /// <summary>The entries of a dict as a view of tuples.</summary>
    public static Sequence Items(RenderState state, Dict dict)
    {
        IValue[] pairs = [.. dict.Entries.Select(e => state.Tuple([e.Key, e.Value], dict.IsTrusted))];
        return state.Sequence(pairs, SequenceKind.Items, dict.IsTrusted);
    }

    private static IValue Get(RenderState state, Dict dict, Bound a) =>
        a[0] is { } key && KeyComparer.IsHashable(key) && dict.Entries.TryGetValue(key, out IValue? value)
            ? value
            : a[1] ?? NoneValue.Own;

    private static IntValue Index(RenderState state, Sequence list, Bound a)
    {
        int count = list.Items.Count;
        int from = a.Int(1), to = a.Int(2, count);
        from = Math.Max(0, from < 0 ? from + count : from);
        to = Math.Min(count, to < 0 ? to + count : to);
        for (int i = from; i < to; i++)
        {
            if (Equality.AreEqual(state, list.Items[i], a[0] ?? NoneValue.Own))
                return state.Integer(new BigInteger(i));
        }

        throw state.Fail("the method 'index' looks for a value that the list does not hold. Test with 'in' first.");
    }

    private sealed record Method<T>(Signature Signature, Func<RenderState, T, Bound, IValue> Body);
}
