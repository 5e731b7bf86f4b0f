using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;

namespace Puna.Docs.Tests;

/// <summary>
/// One program made of the C# blocks of documents, built by the SDK against the assemblies beside the tests.
/// A block is a small program: using directives, then statements (which may await), then types. It runs with the
/// repository's root as working directory. <c>```csharp no-run</c> is compiled only: for what needs a large model.
/// </summary>
public sealed partial class CSharpProgram(string root)
{
    private const string Marker = "FAILED ";
    private readonly List<(string File, Block Block)> _blocks = [];
    private readonly List<Problem> _problems = [];

    /// <summary>How many blocks there are.</summary>
    public int Count => _blocks.Count;

    /// <summary>Takes the C# blocks of a document.</summary>
    public void Add(Markdown document)
    {
        foreach (Block block in document.Blocks.Where(b => b.Language is "csharp" or "cs" or "c#"))
        {
            _blocks.Add((document.File, block));
            foreach (string marker in block.Markers.Where(m => m != "no-run"))
                _problems.Add(new(document.File, block.Line - 1,
                    $"a C# block knows no marker '{marker}', only 'no-run'"));
        }
    }

    /// <summary>Builds and runs the blocks; one that does not compile keeps the others from running.</summary>
    public IReadOnlyList<Problem> Run()
    {
        if (Count == 0)
            return _problems;
        DirectoryInfo folder = Directory.CreateTempSubdirectory("puna-docs-");
        try
        {
            return [.. _problems, .. BuildAndRun(folder.FullName)];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private Problem[] BuildAndRun(string folder)
    {
        WriteProject(folder);
        (int exitCode, string output) = Command.Dotnet(folder, TimeSpan.FromMinutes(3), "build", "Blocks.csproj",
            "-nodeReuse:false", "--disable-build-servers", "-maxCpuCount:1", "-verbosity:quiet");
        if (exitCode != 0)
        {
            IEnumerable<Problem> found =
                CompilerError().Matches(output).Select(m => At(m, m.Groups["text"].Value)).Distinct();
            Problem[] errors = [.. found.OrderBy(p => p.File, StringComparer.Ordinal).ThenBy(p => p.Line)];
            return errors.Length > 0 ? errors : [new("(all C# blocks)", 0, $"their project does not build:\n{output}")];
        }

        (exitCode, output) = Command.Dotnet(root, TimeSpan.FromMinutes(2), Path.Combine(folder, "out", "Blocks.dll"));
        Problem[] failures = [.. Failure().Matches(output).Select(m => At(m, m.Groups["text"].Value.Trim()))];
        return exitCode == 0 || failures.Length > 0
            ? failures
            : [new("(all C# blocks)", 0, $"their program ended with exit code {exitCode}:\n{output}")];
    }

    private static Problem At(Match match, string text) =>
        new(match.Groups["file"].Value, int.Parse(match.Groups["line"].ValueSpan), text);

    private void WriteProject(string folder)
    {
        // empty files here, so that a folder above cannot lend us its settings
        string[] settings = ["Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props"];
        foreach (string name in settings)
            File.WriteAllText(Path.Combine(folder, name), "<Project />");
        File.WriteAllText(Path.Combine(folder, "nuget.config"),
            "<configuration><packageSources><clear /></packageSources></configuration>");
        string references = string.Concat(References().Select(path => $"<Reference Include=\"{path}\" />"));
        File.WriteAllText(Path.Combine(folder, "Blocks.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <InvariantGlobalization>true</InvariantGlobalization>
                <UseAppHost>false</UseAppHost>
                <NuGetAudit>false</NuGetAudit>
                <OutputPath>out/</OutputPath>
                <AppendTargetFrameworkToOutputPath>false</AppendTargetFrameworkToOutputPath>
                <NoWarn>CS1998;CS8321;CS0219</NoWarn>
              </PropertyGroup>
              <ItemGroup>{references}</ItemGroup>
            </Project>
            """);
        for (int i = 0; i < Count; i++)
            File.WriteAllText(Path.Combine(folder, $"Block{i}.cs"), Source(i));
        File.WriteAllText(Path.Combine(folder, "Program.cs"), Main());
    }

    /// <summary>Our libraries and what they need beyond the framework.</summary>
    private static IEnumerable<string> References()
    {
        Queue<string> names = new(["Puna.Tokenizer", "Puna.Kernels", "Puna.Runtime"]);
        HashSet<string> seen = [.. names];
        while (names.TryDequeue(out string? name))
        {
            string path = Path.Combine(AppContext.BaseDirectory, name + ".dll");
            if (!File.Exists(path))
                continue;
            yield return path;
            AssemblyName[] all = Assembly.LoadFrom(path).GetReferencedAssemblies();
            foreach (AssemblyName needed in all.Where(a => seen.Add(a.Name!)))
                names.Enqueue(needed.Name!);
        }
    }

    private string Main()
    {
        StringBuilder main = new("int failed = 0;\n");
        for (int i = 0; i < Count; i++)
        {
            (string file, Block block) = _blocks[i];
            if (!block.Markers.Contains("no-run"))
                main.Append($"await Try(\"{file}\", {block.Line}, Blocks.Block{i}.Run);\n");
        }

        return main + $$"""
            return failed;
            async Task Try(string file, int line, Func<Task> run)
            {
                try { await run(); }
                catch (Exception e)
                {
                    failed++;
                    // the innermost line of the document on the way to the error
                    var frames = new System.Diagnostics.StackTrace(e, true).GetFrames();
                    var frame = frames.FirstOrDefault(f => f.GetFileName()?.EndsWith(file) == true);
                    line = frame?.GetFileLineNumber() ?? line;
                    string message = e.Message.ReplaceLineEndings(" ");
                    Console.Error.WriteLine($"\n{{Marker}}{file}({line}): {e.GetType().Name}: {message}");
                }
            }
            """;
    }

    /// <summary>A file whose lines the compiler and a stack trace call by the document's own numbers.</summary>
    private string Source(int index)
    {
        (string file, Block block) = _blocks[index];
        StringBuilder usings = new(), statements = new(), types = new();
        StringBuilder? last = null;
        bool isType = false;
        int depth = 0;
        for (int i = 0; i < block.Lines.Count; i++)
        {
            string line = block.Lines[i];
            isType |= depth == 0 && TypeDeclaration().IsMatch(line);
            StringBuilder target = UsingDirective().IsMatch(line) ? usings : isType ? types : statements;
            // once for neighbouring lines: between two of them it would be part of a raw string
            string number = target == last ? "" : $"#line {block.Line + i} \"{file}\"\n";
            target.Append($"{number}{line}\n");
            last = target;
            depth += line.Count(c => c == '{') - line.Count(c => c == '}');
        }

        return $"{usings}#line hidden\nnamespace Blocks;\nstatic class Block{index}\n{{\n"
            + $"internal static async Task Run()\n{{\nstring[] args = [];\n{statements}#line hidden\n}}\n"
            + $"{types}#line hidden\n}}\n";
    }

    [GeneratedRegex(@"^using (static )?[A-Za-z_][\w.]*( = [^;]+)?;")]
    private static partial Regex UsingDirective();

    [GeneratedRegex("^((public|internal|static|sealed|abstract|readonly|partial|file|ref) )*"
        + "(class|record|struct|enum|interface) ")]
    private static partial Regex TypeDeclaration();

    // the temporary folder's path, if the compiler put it before ours; file(line,column): error text [project]
    [GeneratedRegex(
        @"^\s*(?:.*[\\/]puna-docs-[^\\/]+[\\/])?(?<file>[^(\r\n]+)\((?<line>\d+),\d+[^)]*\): "
        + @"error (?<text>.*?)( \[[^\]]*\])?\r?$",
        RegexOptions.Multiline)]
    private static partial Regex CompilerError();

    [GeneratedRegex(@"^" + Marker + @"(?<file>.+?)\((?<line>\d+)\): (?<text>.*)$", RegexOptions.Multiline)]
    private static partial Regex Failure();
}
