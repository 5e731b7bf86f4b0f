namespace Puna.Tokenizer.Templates.Values;

/// <summary>Python's truth: empty, zero, none and undefined are false.</summary>
internal static class Truth
{
    public static bool Of(IValue value) => value switch
    {
        UndefinedValue or NoneValue => false,
        BoolValue b => b.Value,
        IntValue i => !i.Value.IsZero,
        FloatValue f => f.Value != 0,
        Text t => t.Value.Length > 0,
        Sequence s => s.Items.Count > 0,
        Dict d => d.Entries.Count > 0,
        _ => true,
    };
}
