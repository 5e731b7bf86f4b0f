using Puna.TestKit;

namespace Puna.Docs.Tests;

public class PathRuleTests
{
    private static readonly PathRule Rule = new(new RepositoryFiles(Goldens.Repository));

    [Theory]
    [InlineData("[a](missing.md)", "the link 'missing.md' leads nowhere")]
    [InlineData("[a](../../outside.md)", "the link '../../outside.md' leads nowhere")]
    [InlineData("![a](img/missing.png \"title\")", "the link 'img/missing.png' leads nowhere")]
    [InlineData("[a]: missing.md", "the link 'missing.md' leads nowhere")]
    [InlineData("[a](#no-such-heading)", "the link '#no-such-heading' names a heading that does not exist")]
    [InlineData("[a](../models/demo/README.md#nothing)", "the link '../models/demo/README.md#nothing' names a heading that does not exist")]
    [InlineData("see `src/Kernels/Missing.cs`", "the path 'src/Kernels/Missing.cs' does not exist")]
    [InlineData("see `src/kernels`", "the path 'src/kernels' does not exist")]
    [InlineData("see `Kernels/DType.cs`", "the path 'Kernels/DType.cs' does not exist")]
    [InlineData("see `../src/Kernels/Missing`", "the path '../src/Kernels/Missing' does not exist")]
    [InlineData("see `Missing.cs:12`", "the path 'Missing.cs' does not exist")]
    [InlineData("see `src/<Op>/<Op>.Missing.cs`", "the path 'src/<Op>/<Op>.Missing.cs' does not exist")]
    [InlineData("see `src/Kernels/{DType,Missing}.cs`", "the path 'src/Kernels/{DType,Missing}.cs' does not exist")]
    [InlineData("see `dotnet build src/Missing -c Release`", "the path 'src/Missing' does not exist")]
    [InlineData("see ``tools/missing.py``", "the path 'tools/missing.py' does not exist")]
    [InlineData("```bash\npython tools/missing.py x\n```", "the path 'tools/missing.py' does not exist")]
    [InlineData("```console\n$ cat src/missing.txt\nsrc/printed.txt\n```", "the path 'src/missing.txt' does not exist")]
    [InlineData("```text\nsrc/\n  Missing/   a folder\n```", "the path 'Missing/' does not exist")]
    public void What_does_not_exist_is_found(string text, string expected)
    {
        IEnumerable<Problem> problems = Rule.Check(Markdown.Parse("docs/page.md", text));

        Assert.Equal([expected], problems.Select(p => p.Text));
    }

    [Theory]
    [InlineData("# A `B`, c!\n[a](#a-b-c) [b](../LICENSE) [c](https://example.org/x.md) [d](mailto:a@b.c)")]
    [InlineData("see `src/Kernels/DType.cs`, `../src/Kernels`, `src/Kernels/`, `DType.cs:12`, `.ci/run`")]
    [InlineData("see `src/<Project>/{name}.csproj`, `src/**/DType.cs`, `src/*/Puna.*.csproj`, `src/Kernels/{DType,Tensor}.cs`")]
    [InlineData("units and names: `tok/s`, `F32/BF16`, `org/Model-1.5B`, `text/plain`, `and/or`, `puna --flag`")]
    [InlineData("anybody's: `tokenizer.model`, `ids.json`, `/etc/x.json`, `~/models/x.json`, `$OUT/x.json`, `http://x/y.md`")]
    [InlineData("beside the repository: `../elsewhere/x.json`; made by a build: `src/Kernels/bin/x.dll`")]
    [InlineData("```bash\ntool models/demo \"no/such path.cs\" --output docs/new.json > docs/new.txt # tools/none.py\n```")]
    [InlineData("```text\nsrc/\n  Kernels/   ops\n    DType.cs\nnothing.json: an error message\n```")]
    [InlineData("```csharp\nvar x = \"src/none.cs\";\n```")]
    public void What_exists_or_is_not_ours_passes(string text) =>
        Assert.Empty(Rule.Check(Markdown.Parse("docs/page.md", text)));

    [Fact]
    public void A_problem_names_file_and_line()
    {
        string text = "one\n\n```bash\nls\n```\n\nnow `a\nb` and\n`src/none.cs`\n";

        Problem problem = Assert.Single(Rule.Check(Markdown.Parse("docs/page.md", text)));

        Assert.Equal("docs/page.md:9: the path 'src/none.cs' does not exist", problem.ToString());
    }
}
