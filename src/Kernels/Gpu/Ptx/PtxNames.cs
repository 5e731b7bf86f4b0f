namespace Puna.Kernels.Gpu.Ptx;

/// <summary>Names in the text that come from C#.</summary>
internal static class PtxNames
{
    // special registers share the percent sign with ours
    private static readonly HashSet<string> Reserved =
    [
        "tid", "ntid", "laneid", "warpid", "nwarpid", "ctaid", "nctaid", "smid", "nsmid", "gridid", "is_explicit_cluster",
        "clusterid", "nclusterid", "cluster_ctaid", "cluster_nctaid", "cluster_ctarank", "cluster_nctarank", "lanemask_eq",
        "lanemask_le", "lanemask_lt", "lanemask_ge", "lanemask_gt", "clock", "clock_hi", "clock64", "globaltimer",
        "globaltimer_lo", "globaltimer_hi", "total_smem_size", "aggr_smem_size", "dynamic_smem_size", "current_graph_exec",
    ];

    /// <summary>Whether the text is an identifier that PTX takes: ASCII letters, digits, underscores.</summary>
    public static bool IsIdentifier(string text) =>
        text.Length > 0 && !char.IsAsciiDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    /// <summary>The identifier nearest to a text: <c>acc[1]</c> becomes <c>acc_1</c>.</summary>
    public static string? Identifier(string text)
    {
        string name = string.Concat(text.Select(c => char.IsAsciiLetterOrDigit(c) || c == '_' ? c : '_')).Trim('_');
        return name.Length == 0 || char.IsAsciiDigit(name[0]) ? null : name;
    }

    /// <summary>The name that a C# expression gives a value: itself where it is a plain name; of an array's element, the array's.</summary>
    public static string? OfExpression(string? expression, int? index)
    {
        string text = expression ?? "";
        int bracket = text.IndexOf('[', StringComparison.Ordinal);
        if (index is { } place && bracket > 0 && IsIdentifier(text[..bracket]))
            return $"{text[..bracket]}_{place}";
        return IsIdentifier(text) ? text : null;
    }

    /// <summary>The parameter of a lambda's text: <c>i</c> of <c>i => ...</c>.</summary>
    public static string? OfLambda(string? expression) =>
        expression?.IndexOf("=>", StringComparison.Ordinal) is int arrow and > 0 && expression[..arrow].Trim(' ', '(', ')') is var name
            && IsIdentifier(name) ? name : null;

    /// <summary>Gives every register its name: those with one keep it, made unique; the others count by type.</summary>
    public static Dictionary<Value, string> Assign(IReadOnlyList<Value> registers)
    {
        Dictionary<Value, string> names = [];
        Dictionary<string, int> counts = [];
        HashSet<string> taken = [.. Reserved];
        foreach (Value register in registers.Where(r => r.Name is null))
        {
            int number = counts.GetValueOrDefault(register.Type.Prefix);
            counts[register.Type.Prefix] = number + 1;
            names[register] = $"{register.Type.Prefix}{number}";
            taken.Add(names[register]);
        }

        foreach (Value register in registers.Where(r => r.Name is not null))
        {
            string name = register.Name!; // the filter
            for (int i = 2; !taken.Add(name); i++)
                name = $"{register.Name}_{i}";
            names[register] = name;
        }

        return names;
    }
}
