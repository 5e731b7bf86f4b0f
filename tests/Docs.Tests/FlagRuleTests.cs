using Puna.TestKit;

namespace Puna.Docs.Tests;

public class FlagRuleTests
{
    private static readonly FlagRule Rule = new(Help, new KnownNames(new RepositoryFiles(Goldens.Repository)));

    [Theory]
    [InlineData("`puna run m --no-such-flag`", "'puna run' has no flag '--no-such-flag'")]
    [InlineData("`puna run m --seedling 3`", "'puna run' has no flag '--seedling'")]
    [InlineData("`puna run m -x`", "'puna run' has no flag '-x'")]
    [InlineData("`puna serve`", "'puna serve' does not exist")]
    [InlineData("`puna ptx frob m`", "'puna ptx frob' does not exist")]
    [InlineData("`puna ptx check m --no-such-flag`", "'puna ptx check' has no flag '--no-such-flag'")]
    [InlineData("`puna --no-such-flag`", "'puna' has no flag '--no-such-flag'")]
    [InlineData("```bash\ncat x | puna run m \\\n  --no-such-flag=1\n```", "'puna run' has no flag '--no-such-flag'")]
    [InlineData("```bash\ndotnet run -c Release --project tools/Puna -- run m --no-such-flag\n```", "'puna run' has no flag '--no-such-flag'")]
    [InlineData("`--no-such-flag`", "the flag '--no-such-flag' does not exist (if it is another program's, write it with that program)")]
    public void What_does_not_exist_is_found(string text, string expected)
    {
        IEnumerable<Problem> problems = Rule.Check(Markdown.Parse("docs/page.md", text));

        Assert.Equal([expected], problems.Select(p => p.Text));
    }

    [Theory]
    [InlineData("`puna`, `puna run m --seed 3 -v`, `puna run m \"--no-such-flag\"`, `puna --version`, `puna <verb> --any`")]
    [InlineData("`puna ptx check m --only-here x`, `puna ptx`, `puna ptx <part> --any`, `--only-here`")]
    [InlineData("`--seed 3`, `--seed`, `--`, `dotnet test --any`, `dotnet run --project tools/Puna -- run m --seed=3`")]
    [InlineData("```bash\nA=1 puna run m --seed 3 | other --any # puna run --any\n```")]
    [InlineData("```text\npuna run m --printed\n```")]
    public void What_exists_or_is_not_ours_passes(string text) =>
        Assert.Empty(Rule.Check(Markdown.Parse("docs/page.md", text)));

    private static string Help(string verb) => verb switch
    {
        "run" => "Usage:\n  puna run <model> [options]\n\nOptions:\n  -v, --verbose  more\n  --seed <n>  a number\n",
        "ptx" => "Usage:\n  puna ptx [command] [options]\n\nCommands:\n  check <file>  checks\n\nExamples:\n  frob puna ptx\n",
        "ptx check" => "Usage:\n  puna ptx check <file> [options]\n\nOptions:\n  --only-here <x>  it\n",
        _ => "Usage:\n  puna [command] [options]\n\nOptions:\n  --version  it\n\nCommands:\n  run <model>  answers\n  ptx  kernels\n",
    };
}
