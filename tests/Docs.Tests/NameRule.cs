using System.Text.RegularExpressions;

namespace Puna.Docs.Tests;

/// <summary>
/// A C# name in back-ticks exists.
/// <list type="bullet">
/// <item><c>Puna.…</c> is a namespace, a type, a type's member, a project or a package.</item>
/// <item><c>Type.Member</c> is a type of ours, of the framework or of a package, with that member. <c>Name(…</c> is a
/// type, or a member of a type of ours.</item>
/// <item>A word of two or more humps, such as <c>KvLayer</c>, is a type, a member, or stands in some file of the
/// repository that is not Markdown.</item>
/// </list>
/// File names, and names that begin with a package's or a foreign namespace, are not looked at. Members are told by
/// their capital: <c>Foo.bar</c> is another language.
/// </summary>
public sealed partial class NameRule(KnownNames names)
{
    private const string Part = @"[A-Z][A-Za-z0-9]*(<[\w<>,\s?\[\]]*>)?";

    public IEnumerable<Problem> Check(Markdown document) =>
        from span in document.Spans
        from name in Missing(span.Text)
        select new Problem(document.File, span.Line, $"the name '{name}' does not exist");

    private IEnumerable<string> Missing(string code)
    {
        foreach (Match match in Name().Matches(NotNames().Replace(code, " ")))
        {
            string name = TypeArguments().Replace(match.Groups["name"].Value, "");
            string[] parts = name.Split('.');
            bool exists = parts[0] == "Puna" ? IsOurs(parts)
                : parts.Length > 1 ? IsQualified(parts)
                : match.Groups["call"].Success ? !IsPascalCase(name) || IsKnown(name)
                : !HasHumps(name) || IsKnown(name) || names.IsWord(name);
            if (!exists)
                yield return name;
        }
    }

    private bool IsKnown(string name) => names.Types(name).Count > 0 || names.IsMember(name);

    private bool IsOurs(string[] parts)
    {
        if (names.IsProduct(string.Join('.', parts)) || names.IsNamespace(string.Join('.', parts)))
            return true;
        for (int split = parts.Length - 1; split >= 1; split--)
        {
            string space = string.Join('.', parts[..split]);
            if (names.Types(parts[split]).Any(t => t.Namespace == space && HasMembers(t, parts[(split + 1)..])))
                return true;
        }

        return false;
    }

    private bool IsQualified(string[] parts)
    {
        // Kernels.RmsNorm.Cpu: a namespace without its beginning
        if (names.IsNamespace("Puna." + parts[0]) && IsOurs(["Puna", .. parts]))
            return true;
        if (names.Types(parts[0]).Any(t => HasMembers(t, parts[1..])))
            return true;
        return names.IsNamespace(parts[0]) && names.Types(parts[0]).Count == 0;
    }

    private bool HasMembers(Type type, string[] members)
    {
        if (members.Length == 0)
            return true;
        if (!KnownNames.HasMember(type, members[0]))
            return false;
        Type? nested = names.Types(members[0]).FirstOrDefault(t => t.DeclaringType == type);
        return nested is null || HasMembers(nested, members[1..]);
    }

    private static bool IsPascalCase(string name) => name.Length > 1 && name.Any(char.IsLower);

    private static bool HasHumps(string name) => Hump().Count(name) > 1;

    // A, A.B, A<x>.B<y> and so on; then perhaps a bracket; never a part of a longer word
    [GeneratedRegex(
        @"(?<![\w.\-/@:])(?<name>" + Part + @"(\." + Part + @")*)(?<call>\()?(?![\w\-/:]|\.[a-z_])")]
    private static partial Regex Name();

    [GeneratedRegex(@"<[^()]*>")]
    private static partial Regex TypeArguments();

    [GeneratedRegex("[A-Z][0-9]*[a-z][a-z0-9]*")]
    private static partial Regex Hump();

    // strings, and words with a slash or a file's extension
    [GeneratedRegex("""
        "[^"]*"|\S*/\S*|\S+\.(?:cs|csproj|sln|props|targets|md|py|sh|json|jsonl|jinja|safetensors|txt|model)\b
        """)]
    private static partial Regex NotNames();
}
