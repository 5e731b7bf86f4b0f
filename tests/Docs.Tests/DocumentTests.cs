using Puna.TestKit;

namespace Puna.Docs.Tests;

/// <summary>Everything that the repository's documents say by name.</summary>
public class DocumentTests
{
    private static readonly RepositoryFiles Repository = new(Goldens.Repository);
    private static readonly Lazy<KnownNames> Names = new(() => new KnownNames(Repository));
    private static readonly Dictionary<string, string> Help = [];

    public static TheoryData<string> Documents => [.. Repository.Files.Where(IsMarkdown).Order()];

    [Theory, MemberData(nameof(Documents))]
    public void Names_only_paths_that_exist(string file) => AssertNone(new PathRule(Repository).Check(Read(file)));

    [Theory, MemberData(nameof(Documents))]
    public void Names_only_types_and_members_that_exist(string file) =>
        AssertNone(new NameRule(Names.Value).Check(Read(file)));

    [Theory, MemberData(nameof(Documents))]
    public void Names_only_commands_and_flags_that_exist(string file) =>
        AssertNone(new FlagRule(PunaHelp, Names.Value).Check(Read(file)));

    [Fact]
    public void CSharp_blocks_compile_and_run()
    {
        CSharpProgram program = new(Goldens.Repository);
        foreach (string file in Repository.Files.Where(IsGuide).Order())
            program.Add(Read(file));

        IReadOnlyList<Problem> problems = program.Run();

        AssertNone(problems);
    }

    [Fact]
    public void The_documents_are_found() => Assert.Contains("models/demo/README.md", Repository.Files);

    // all of them: Assert.Empty shows the first few, cut short
    private static void AssertNone(IEnumerable<Problem> problems)
    {
        string text = string.Join('\n', problems);
        Assert.True(text.Length == 0, text);
    }

    private static bool IsMarkdown(string file) => file.EndsWith(".md", StringComparison.Ordinal);

    private static bool IsGuide(string file) =>
        IsMarkdown(file) && (file == "README.md" || file.Split('/')[0] is "docs" or "src");

    private static Markdown Read(string file) => Markdown.Parse(file, File.ReadAllText(Goldens.InRepository(file)));

    private static string PunaHelp(string verb)
    {
        if (!Help.TryGetValue(verb, out string? text))
        {
            string puna = Path.Combine(AppContext.BaseDirectory, "puna.dll");
            string[] arguments = [puna, .. verb.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"];
            Help[verb] = text = Command.Dotnet(Goldens.Repository, TimeSpan.FromSeconds(30), arguments).Output;
        }

        return text;
    }
}
