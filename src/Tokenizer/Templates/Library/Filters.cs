using System.Collections.Frozen;
using Puna.Tokenizer.Templates.Values;

namespace Puna.Tokenizer.Templates.Library;

/// <summary>The filters, by name.</summary>
internal static class Filters
{
    private static readonly FrozenDictionary<string, Filter> Table =
        TextFilters.All.Concat(ListFilters.All).Concat(NumberFilters.All).ToFrozenDictionary();

    // their arguments go on to another filter, a test or a format
    private static readonly FrozenDictionary<string, Func<RenderState, IValue, Arguments, IValue>> Open =
        new Dictionary<string, Func<RenderState, IValue, Arguments, IValue>>
        {
            ["map"] = SelectFilters.Map,
            ["select"] = (state, value, a) => SelectFilters.Select(state, value, a, keep: true),
            ["reject"] = (state, value, a) => SelectFilters.Select(state, value, a, keep: false),
            ["selectattr"] = (state, value, a) => SelectFilters.SelectAttribute(state, value, a, keep: true),
            ["rejectattr"] = (state, value, a) => SelectFilters.SelectAttribute(state, value, a, keep: false),
            ["format"] = TextFilters.Format,
        }.ToFrozenDictionary();

    public static bool Exists(string name) => Table.ContainsKey(name) || Open.ContainsKey(name);

    /// <summary>The sentence about a filter that there is not.</summary>
    public static string Unknown(string name) => $"the filter '{name}' is unknown. Supported are: "
        + string.Join(", ", Table.Keys.Concat(Open.Keys).Order(StringComparer.Ordinal)) + ".";

    public static IValue Apply(RenderState state, string name, IValue value, Arguments arguments)
    {
        state.Spend(1);
        if (Open.TryGetValue(name, out var open))
            return open(state, value, arguments);
        if (!Table.TryGetValue(name, out Filter? filter))
            throw state.Fail(Unknown(name));
        return filter.Apply(state, value, filter.Signature.Bind(state, $"the filter '{name}'", arguments));
    }
}
