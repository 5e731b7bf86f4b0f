using Puna.Tokenizer.Templates.Python;
using Puna.Tokenizer.Templates.Values;

namespace Puna.Tokenizer.Templates.Library;

/// <summary>Filters that apply another filter or a test to every item.</summary>
internal static class SelectFilters
{
    /// <summary><c>map('filter', …)</c>, or <c>map(attribute=…, default=…)</c>.</summary>
    public static IValue Map(RenderState state, IValue value, Arguments arguments)
    {
        if (arguments.Positional.Count == 0 && arguments.Find("attribute") is { } attribute)
            return MapAttribute(state, value, attribute, arguments);
        string name = Name(state, arguments, "map", "filter");
        Arguments rest = arguments.Skip(1);
        return Each(state, value, item => Filters.Apply(state, name, item, rest));
    }

    /// <summary><c>select('test', …)</c>: the items for which the test, or else their truth, is as asked.</summary>
    public static IValue Select(RenderState state, IValue value, Arguments arguments, bool keep) =>
        Where(state, value, item => item, arguments, keep);

    /// <summary><c>selectattr('attribute', 'test', …)</c>.</summary>
    public static IValue SelectAttribute(RenderState state, IValue value, Arguments arguments, bool keep)
    {
        if (arguments.Positional.Count == 0)
            throw state.Fail(
                "the filter 'selectattr' or 'rejectattr' is called without the name of an attribute, but needs one.");
        IValue[] parts = Attributes.Parts(arguments.Positional[0]);
        return Where(state, value, item => Attributes.Read(state, item, parts), arguments.Skip(1), keep);
    }

    private static Generator MapAttribute(RenderState state, IValue value, IValue attribute, Arguments arguments)
    {
        IValue[] parts = Attributes.Parts(attribute);
        IValue? fallback = arguments.Find("default");
        foreach ((string name, IValue _) in arguments.Named)
        {
            if (name is not ("attribute" or "default"))
                throw state.Fail(
                    $"the filter 'map' is given '{name}', but takes 'attribute' and 'default', or a filter's name.");
        }

        return Each(state, value, item => Attributes.Read(state, item, parts, fallback: fallback));
    }

    private static Generator Each(RenderState state, IValue value, Func<IValue, IValue> map)
    {
        var items = new List<IValue>();
        state.Enter();
        foreach (IValue item in Items(state, value))
            items.Add(map(item));
        state.Leave();
        return new(items, value.IsTrusted);
    }

    private static Generator Where(
        RenderState state, IValue value, Func<IValue, IValue> read, Arguments arguments, bool keep)
    {
        string? test = arguments.Positional.Count > 0 ? Name(state, arguments, "select", "test") : null;
        Arguments rest = arguments.Skip(1);
        var items = new List<IValue>();
        foreach (IValue item in Items(state, value))
        {
            IValue tested = read(item);
            if ((test is null ? Truth.Of(tested) : Tests.Apply(state, test, tested, rest)) == keep)
                items.Add(item);
        }

        return new(items, value.IsTrusted);
    }

    // these filters take none, false and zero for an empty list
    private static IReadOnlyList<IValue> Items(RenderState state, IValue value) =>
        Truth.Of(value) ? Iteration.Items(state, value) : [];

    private static string Name(RenderState state, Arguments arguments, string filter, string kind)
    {
        if (arguments.Positional is [Text name, ..])
            return name.Value;
        string given = arguments.Positional is [var other, ..] ? PythonTypes.Some(other) : "nothing";
        throw state.Fail($"the filter '{filter}' is given {given} to apply, but needs the name of a {kind}.");
    }
}
