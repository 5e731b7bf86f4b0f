using Puna.TestKit;

namespace Puna.Docs.Tests;

public class CSharpProgramTests
{
    [Fact]
    public void A_block_that_does_not_compile_is_named_with_its_line()
    {
        string text = """
            # Page

            ```csharp
            int x = 1;
            int y = NoSuchName;
            ```

            ```csharp no-run
            string s = 1;
            ```
            """;

        IEnumerable<string> problems = Run(text).Select(p => p.ToString());

        Assert.Equal(
            [
                "docs/page.md:5: CS0103: The name 'NoSuchName' does not exist in the current context",
                "docs/page.md:9: CS0029: Cannot implicitly convert type 'int' to 'string'",
            ],
            problems);
    }

    [Fact]
    public void A_block_that_throws_is_named_with_its_line_and_the_others_run()
    {
        string text = """
            ```csharp
            using Puna.Kernels;

            // runs in the repository's root, may await, may end with types
            await Task.Yield();
            Pair pair = new(DType.BF16.ByteSize(), File.ReadAllText("Runtime.sln").Length);
            if (pair.First != 2 || pair.Second == 0)
                throw new InvalidOperationException("the good block failed");

            record Pair(int First, int Second);
            ```

            ```csharp
            using Puna.Kernels;
            Tensor t = Tensor.Allocate(DType.F32, 2, 2);
            t.RowRange(1, 2);
            ```

            ```csharp no-run
            throw new InvalidOperationException("is not run");
            ```

            ```cs norun
            Console.WriteLine("a marker with a typo");
            ```
            """;

        IEnumerable<string> problems = Run(text).Select(p => p.ToString());

        Assert.Equal(
            [
                "docs/page.md:23: a C# block knows no marker 'norun', only 'no-run'",
                "docs/page.md:16: ArgumentOutOfRangeException: Tensor: rows 1 to 3 of 2. (Parameter 'first')",
            ],
            problems);
    }

    [Fact]
    public void Without_blocks_there_is_nothing_to_build() => Assert.Empty(Run("```bash\nls\n```"));

    private static IReadOnlyList<Problem> Run(string text)
    {
        CSharpProgram program = new(Goldens.Repository);
        program.Add(Markdown.Parse("docs/page.md", text));
        return program.Run();
    }
}
