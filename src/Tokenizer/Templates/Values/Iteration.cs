using Puna.Tokenizer.Templates.Python;

namespace Puna.Tokenizer.Templates.Values;

/// <summary>Python's iteration: the elements of a sequence, the keys of a dict, the characters of a string.</summary>
internal static class Iteration
{
    public static bool IsIterable(IValue value) =>
        value is Sequence or Dict or Text or Generator or UndefinedValue;

    /// <exception cref="ChatTemplateException">The value cannot be iterated.</exception>
    public static IReadOnlyList<IValue> Items(RenderState state, IValue value)
    {
        IReadOnlyList<IValue> items = value switch
        {
            Sequence sequence => sequence.Items,
            Dict dict => dict.Entries.Keys,
            Generator generator => generator.TakeRest(),
            UndefinedValue => [],
            Text text => Characters(state, text),
            _ => throw state.Fail($"{PythonTypes.Some(value)} is iterated, but only a list, tuple, dict, str, range "
                + "or the result of a filter can be."),
        };
        state.Spend(items.Count);
        return items;
    }

    private static IValue[] Characters(RenderState state, Text text)
    {
        state.Spend(text.CodePointCount);
        var characters = new IValue[text.CodePointCount];
        for (int i = 0; i < characters.Length; i++)
            characters[i] = text.CodePoint(i);
        return characters;
    }
}
