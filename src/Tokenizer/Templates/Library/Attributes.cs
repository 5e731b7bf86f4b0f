using System.Globalization;
using Puna.Tokenizer.Templates.Python;
using Puna.Tokenizer.Templates.Values;

namespace Puna.Tokenizer.Templates.Library;

/// <summary>The argument <c>attribute</c> of filters: a name, a number, or several with points between them.</summary>
internal static class Attributes
{
    /// <summary>
    /// Reads the attribute that argument <paramref name="index"/> names, or the item itself where there is none.
    /// </summary>
    public static Func<IValue, IValue> Reader(RenderState state, Bound a, int index, bool ignoreCase = false)
    {
        IValue[] parts = a.Has(index) ? Parts(a[index] ?? NoneValue.Own) : [];
        return item => Read(state, item, parts, ignoreCase);
    }

    /// <summary>Reads several attributes with commas between them, as a tuple to sort by.</summary>
    public static Func<IValue, IValue> ManyReader(RenderState state, string names, bool ignoreCase)
    {
        IValue[][] paths = [.. names.Split(',').Select(n => Parts(new Text(n, true)))];
        return item => state.Tuple([.. paths.Select(p => Read(state, item, p, ignoreCase))]);
    }

    /// <summary>Follows a path; on the way, <paramref name="fallback"/> stands in for what is undefined.</summary>
    public static IValue Read(
        RenderState state, IValue item, IValue[] parts, bool ignoreCase = false, IValue? fallback = null)
    {
        foreach (IValue part in parts)
        {
            item = Lookup.Item(state, item, part);
            if (item is UndefinedValue && fallback is not null and not NoneValue)
                item = fallback;
        }

        return ignoreCase && item is Text text ? PythonCase.Lower(state, text) : item;
    }

    /// <summary>The path that an attribute's name stands for.</summary>
    public static IValue[] Parts(IValue attribute) => attribute is Text text
        ? [.. text.Value.Split('.').Select(Part)]
        : [attribute];

    private static IValue Part(string part) =>
        int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int index)
            ? new IntValue(index, true)
            : new Text(part, true);
}
