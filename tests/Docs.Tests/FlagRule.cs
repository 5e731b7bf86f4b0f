using System.Text.RegularExpressions;

namespace Puna.Docs.Tests;

/// <summary>
/// The <c>puna</c> command takes what documents give it: the verb of <c>puna VERB …</c> (or of
/// <c>dotnet run … --project tools/Puna -- VERB …</c>) exists, and its help names every <c>--flag</c> and <c>-f</c>; a
/// verb may have verbs of its own, as in <c>puna ptx check</c>.
/// A <c>--flag</c> that stands alone in back-ticks belongs to a verb that some document names, or stands in some file
/// of the repository that is not Markdown; one of another program is written with that program.
/// </summary>
/// <param name="help">What <c>puna VERB --help</c> prints, for <c>VERB PART</c> too; with an empty verb, <c>puna --help</c>.</param>
/// <param name="names">For flags of scripts.</param>
public sealed partial class FlagRule(Func<string, string> help, KnownNames names)
{
    public IEnumerable<Problem> Check(Markdown document)
    {
        IEnumerable<Piece> pieces =
            document.Blocks.Where(Shell.IsShell).SelectMany(Shell.Commands).Concat(document.Spans);
        return
            from piece in pieces
            from command in Shell.Split(piece.Text)
            from text in CheckCommand([.. command.Where(w => !w.IsQuoted).Select(w => w.Text)])
            select new Problem(document.File, piece.Line, text);
    }

    private IEnumerable<string> CheckCommand(string[] words)
    {
        string[]? arguments = PunaArguments(words);
        if (arguments is not null)
            return CheckPuna(arguments);
        bool isAlone = words.Length > 0 && words[0].StartsWith("--", StringComparison.Ordinal) && words[0].Length > 2;
        return isAlone ? CheckAlone(FlagOf(words[0])) : [];
    }

    private IEnumerable<string> CheckPuna(string[] arguments)
    {
        string verb = arguments.FirstOrDefault(a => a[0] != '-') ?? "";
        bool isPlaceholder = !VerbName().IsMatch(verb);
        if (verb.Length > 0 && isPlaceholder)
            yield break;
        string text = help(verb);
        if (verb.Length > 0 && !Regex.IsMatch(text, $@"\bpuna {verb}\b"))
        {
            yield return $"'puna {verb}' does not exist";
            yield break;
        }

        string part = arguments.SkipWhile(a => a != verb).ElementAtOrDefault(1) ?? "";
        string[] parts = verb.Length == 0 ? [] : [.. Verbs(Commands().Match(text).Value)];
        if (parts.Length > 0 && part.Length > 0 && part[0] != '-')
        {
            if (!VerbName().IsMatch(part))
                yield break;
            verb = $"{verb} {part}";
            if (!parts.Contains(part))
            {
                yield return $"'puna {verb}' does not exist";
                yield break;
            }

            text = help(verb);
        }

        foreach (string flag in arguments.Where(a => Flag().IsMatch(a)).Select(FlagOf))
        {
            if (!HasFlag(text, flag))
                yield return $"'{$"puna {verb}".Trim()}' has no flag '{flag}'";
        }
    }

    private IEnumerable<string> CheckAlone(string flag)
    {
        if (!Flag().IsMatch(flag) || names.IsWord(flag) || AllVerbs().Any(v => HasFlag(help(v), flag)))
            return [];
        return [$"the flag '{flag}' does not exist (if it is another program's, write it with that program)"];
    }

    private IEnumerable<string> AllVerbs() => Verbs(help("")).SelectMany(v =>
        Verbs(Commands().Match(help(v)).Value).Select(part => $"{v} {part}").Prepend(v));

    private static string[]? PunaArguments(string[] words)
    {
        int program = Array.FindIndex(words, w => !w.Contains('=') && w != "$");
        if (program < 0)
            return null;
        if (words[program] == "puna")
            return words[(program + 1)..];
        int end = Array.IndexOf(words, "--");
        bool isRun = words[program] == "dotnet" && words.Contains("run")
            && words.Any(w => w.TrimEnd('/').EndsWith("tools/Puna", StringComparison.Ordinal));
        return isRun && end >= 0 ? words[(end + 1)..] : null;
    }

    private static bool HasFlag(string help, string flag) =>
        Regex.IsMatch(help, $@"(?<![\w-]){Regex.Escape(flag)}(?![\w-])");

    /// <summary>The first words of indented lines; whatever is no verb has no help of its own.</summary>
    private static IEnumerable<string> Verbs(string help) =>
        VerbLine().Matches(help).Select(m => m.Groups["verb"].Value).Distinct();

    private static string FlagOf(string word) => word.Split('=', ':', ',')[0];

    [GeneratedRegex(@"^(--[a-zA-Z]|-[a-zA-Z]\b)")]
    private static partial Regex Flag();

    [GeneratedRegex("^[a-z][a-z-]*$")]
    private static partial Regex VerbName();

    // verbs of a verb; its examples are indented too
    [GeneratedRegex(@"^Commands:\r?\n(  .*\r?\n)+", RegexOptions.Multiline)]
    private static partial Regex Commands();

    [GeneratedRegex(@"^  (?<verb>[a-z][a-z-]*)\b", RegexOptions.Multiline)]
    private static partial Regex VerbLine();
}
