using Puna.Tokenizer.Templates.Python;

namespace Puna.Tokenizer.Templates.Values;

/// <summary>Python's <c>==</c>, order and <c>in</c>. They see plain text, whatever its origin.</summary>
internal static class Equality
{
    public static bool AreEqual(RenderState state, IValue a, IValue b)
    {
        state.Spend(1);
        if (Number.From(a) is { } p && Number.From(b) is { } q)
            return Number.Compare(p, q) == 0;
        switch (a, b)
        {
            case (Text x, Text y):
                state.Spend(Math.Min(x.Value.Length, y.Value.Length) / 16);
                return x.Value == y.Value;
            case (NoneValue, NoneValue) or (UndefinedValue, UndefinedValue):
                return true;
            case (Sequence x, Sequence y):
                return x.Kind == y.Kind && x.Items.Count == y.Items.Count
                    && x.Items.Zip(y.Items).All(pair => AreEqual(state, pair.First, pair.Second));
            case (Dict x, Dict y):
                return x.Entries.Count == y.Entries.Count && x.Entries.All(e =>
                    y.Entries.TryGetValue(e.Key, out IValue? other) && AreEqual(state, e.Value, other));
            default:
                return ReferenceEquals(a, b);
        }
    }

    /// <summary>Negative, zero or positive; null where a NaN has no order.</summary>
    /// <exception cref="ChatTemplateException">The two have no order.</exception>
    public static int? Compare(RenderState state, IValue a, IValue b, string @operator)
    {
        state.Spend(1);
        if (Number.From(a) is { } p && Number.From(b) is { } q)
            return Number.Compare(p, q);
        switch (a, b)
        {
            case (Text x, Text y):
                state.Spend(Math.Min(x.Value.Length, y.Value.Length) / 16);
                return CompareCodePoints(x.Value, y.Value);
            case (Sequence { Kind: SequenceKind.List or SequenceKind.Tuple } x, Sequence y) when x.Kind == y.Kind:
                for (int i = 0; i < Math.Min(x.Items.Count, y.Items.Count); i++)
                {
                    if (!AreEqual(state, x.Items[i], y.Items[i]))
                        return Compare(state, x.Items[i], y.Items[i], @operator);
                }

                return x.Items.Count.CompareTo(y.Items.Count);
            default:
                throw Undefined.FailIfAny(state, @operator, a, b) ?? state.Fail(
                    $"{@operator} compares {PythonTypes.Name(a)} with {PythonTypes.Name(b)}, "
                    + "but only two numbers, two strings, two lists or two tuples have an order.");
        }
    }

    public static bool IsIn(RenderState state, IValue item, IValue container)
    {
        switch (container)
        {
            case Text text:
                if (item is not Text part)
                    throw Undefined.FailIfAny(state, "'in'", item) ?? state.Fail(
                        $"'in' looks for {PythonTypes.Some(item)} in a str, but only a str can be part of one.");
                state.Spend(text.Value.Length / 16);
                return text.Value.Contains(part.Value, StringComparison.Ordinal);
            case Dict dict:
                return KeyComparer.IsHashable(item) && dict.Entries.ContainsKey(item);
            default:
                foreach (IValue other in Iteration.Items(state, container))
                {
                    if (AreEqual(state, item, other))
                        return true;
                }

                return false;
        }
    }

    /// <summary>Python orders strings by code point; UTF-16 units differ beyond U+FFFF.</summary>
    public static int CompareCodePoints(string a, string b)
    {
        int length = Math.Min(a.Length, b.Length);
        int at = a.AsSpan(0, length).CommonPrefixLength(b);
        if (at == length)
            return a.Length.CompareTo(b.Length);
        bool first = char.IsSurrogate(a[at]), second = char.IsSurrogate(b[at]);
        return first == second ? a[at].CompareTo(b[at]) : first ? 1 : -1;
    }
}
