using System.ComponentModel;
using System.Diagnostics;
using Puna.TestKit;

namespace Puna.Docs.Tests;

/// <summary>What <c>tools/parity.py</c> does before it needs torch, in a Python without installed packages.</summary>
public class ParityScriptTests
{
    private const string FakePuna = """
        import json, struct, sys
        ids = json.load(open(sys.argv[sys.argv.index('--ids') + 1]))
        logits = {'dtype': 'F32', 'shape': [len(ids), 2], 'data_offsets': [0, 8 * len(ids)]}
        header = json.dumps({'logits': logits}).encode()
        data = b''.join(struct.pack('<2f', i, -i) for i in ids)
        open(sys.argv[sys.argv.index('--output') + 1], 'wb').write(struct.pack('<Q', len(header)) + header + data)
        """;

    [Fact]
    public void Without_torch_it_says_so_in_one_sentence()
    {
        (int exitCode, string output) = Python("tools/parity.py", "models/demo", "--text", "x");

        Assert.Equal(2, exitCode);
        Assert.Equal(
            "parity.py: it needs Python's torch and transformers, but torch is absent; "
            + "install both (pip install torch transformers) and try again.",
            output.Trim());
    }

    [Theory]
    [InlineData("models has no config.json, so it is not a model folder", "models", "--text", "x")]
    [InlineData("one of the arguments --text --ids is required", "models/demo")]
    [InlineData("--tolerance is -1.0, but it must be 0 or more", "models/demo", "--text", "x", "--tolerance=-1")]
    public void A_mistake_in_the_call_is_named(string sentence, params string[] arguments)
    {
        (int exitCode, string output) = Python(["tools/parity.py", .. arguments]);

        Assert.Equal(2, exitCode);
        Assert.EndsWith($"parity.py: error: {sentence}", output.Trim(), StringComparison.Ordinal);
    }

    [Fact]
    public void It_gives_ids_to_puna_and_reads_its_logits()
    {
        string folder = Directory.CreateTempSubdirectory("puna-parity-").FullName;
        File.WriteAllText(Path.Combine(folder, "fake.py"), FakePuna);

        string call = $"parity.run_puna('python3 {folder}/fake.py', 'models/demo', [3, 5])";
        (int exitCode, string output) = Script($"print({call})");

        Directory.Delete(folder, recursive: true);
        Assert.Equal("(2, 2, b'\\x00\\x00@@\\x00\\x00@\\xc0\\x00\\x00\\xa0@\\x00\\x00\\xa0\\xc0')", output.Trim());
        Assert.Equal(0, exitCode);
    }

    [Theory]
    [InlineData("[(1e-4, 1e-5, True, 0.0)]", "largest difference 0.0001, mean 1e-05, same top-1 1 of 1, mean KL 0; within the tolerance 0.0005", "True")]
    [InlineData("[(0.01, 1e-3, False, 0.5)]", "largest difference 0.01, mean 0.001, same top-1 0 of 1, mean KL 0.5; BEYOND the tolerance 0.0005", "False")]
    [InlineData("[(math.nan, math.nan, True, 0.0)]", "BEYOND the tolerance 0.0005", "False")]
    public void It_passes_only_within_the_tolerance(string rows, string summary, string passed)
    {
        (int exitCode, string output) = Script($"import math\nprint(parity.report([7], {rows}, 5e-4))");

        Assert.Equal(0, exitCode);
        Assert.EndsWith($"{summary}\n{passed}", output.Trim().ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    private static (int ExitCode, string Output) Script(string code) =>
        Python("-c", $"import sys\nsys.path.insert(0, 'tools')\nimport parity\n{code}");

    private static (int ExitCode, string Output) Python(params string[] arguments)
    {
        // -I -S: no installed packages; -B: no compiled copy beside the script
        ProcessStartInfo start = new("python3", ["-I", "-S", "-B", .. arguments])
        {
            WorkingDirectory = Goldens.Repository,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using Process process = Process.Start(start)!;
            string output = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output);
        }
        catch (Win32Exception)
        {
            Assert.Skip("skipped: no python3");
            throw;
        }
    }
}
