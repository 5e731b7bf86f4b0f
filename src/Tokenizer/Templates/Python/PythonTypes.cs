using Puna.Tokenizer.Templates.Values;

namespace Puna.Tokenizer.Templates.Python;

/// <summary>Python's names of the types of values, which template authors know from their errors.</summary>
internal static class PythonTypes
{
    /// <summary>The name with its article, as in <c>an int</c>.</summary>
    public static string Some(IValue value) =>
        (Name(value) is var name && name[0] is 'i' or 'u') ? $"an {name}" : $"a {name}";

    public static string Name(IValue value) => value switch
    {
        NoneValue => "NoneType",
        BoolValue => "bool",
        IntValue => "int",
        FloatValue => "float",
        Text => "str",
        Dict => "dict",
        Generator => "generator",
        NamespaceValue => "namespace",
        LoopValue => "loop",
        Callable => "function",
        UndefinedValue => "undefined value",
        Sequence s => s.Kind switch
        {
            SequenceKind.List => "list",
            SequenceKind.Tuple => "tuple",
            SequenceKind.Range => "range",
            SequenceKind.Keys => "dict_keys",
            SequenceKind.Values => "dict_values",
            _ => "dict_items",
        },
        _ => "value",
    };
}
