using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Puna.Kernels;
using Puna.Kernels.Gpu;
using Puna.Runtime.Loading;
using Puna.Tools.KernelChecks;

namespace Puna.Tools.GpuCheck;

/// <summary>The <c>gpu-check</c> command.</summary>
internal sealed class GpuCheckCommand
{
    private readonly Option<int> _minutes = new("--minutes")
    {
        HelpName = "N",
        Description = "Begins nothing new after this time; what was left out is named",
        DefaultValueFactory = _ => 10,
    };

    private readonly Option<string> _output = new("--output")
    {
        HelpName = "FOLDER",
        Description = "Where gpu-check.json and gpu-check.md are written; made when it is not there",
        DefaultValueFactory = _ => ".",
    };

    private readonly Option<string[]> _manifests = new("--manifest")
    {
        HelpName = "FILE",
        Description = "Runs the kernels of a manifest too, as 'puna ptx check' does; may be given several times",
    };

    private readonly Option<string?> _only = new("--only")
    {
        HelpName = "NAME",
        Description = "Runs this kernel alone; '*' stands for any text [default: all]",
    };

    private readonly Option<CheckBackend?> _backend = new("--backend")
    {
        HelpName = "cuda|emulator",
        Description = "cuda is this machine's GPU; the emulator runs the small shapes and measures nothing [default: cuda]",
        CustomParser = result => result.Tokens[0].Value switch
        {
            "cuda" => CheckBackend.Cuda,
            "emulator" => CheckBackend.Emulator,
            string word => Refuse(result, $"--backend: '{word}' was given, but 'cuda' or 'emulator' was expected."),
        },
    };

    private readonly Option<string?> _ptxas = new("--ptxas")
    {
        HelpName = "FILE",
        Description = "Assembles every kernel offline with this ptxas, nvdisasm beside it, and compares the code with its budget",
    };

    private readonly Option<bool> _specsOnly = new("--specs-only")
    {
        Description = "Only runs every kernel on its small shapes: what compute-sanitizer is given; writes no file",
    };

    /// <summary>Runs a command line.</summary>
    /// <param name="arguments">The words after <c>gpu-check</c>.</param>
    /// <param name="output">Progress and results.</param>
    /// <param name="error">The sentence of a failure.</param>
    /// <param name="clock">Dates and the limit in minutes.</param>
    /// <returns>0: everything is right; 1: something is wrong; 2: wrong arguments; 4: no GPU, or too little memory.</returns>
    public static int Run(string[] arguments, TextWriter output, TextWriter error, TimeProvider clock)
    {
        var command = new GpuCheckCommand();
        var root = new RootCommand("Checks every kernel on this machine's GPU against its reference, and measures them. "
            + "Exit code 0: all are right; 1: one is wrong; 2: wrong arguments; 4: no GPU, or too little memory.")
        {
            command._minutes, command._output, command._manifests, command._only, command._backend, command._ptxas, command._specsOnly,
        };
        root.SetAction(parsed => command.Execute(parsed, arguments, output, clock));
        try
        {
            ParseResult parsed = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
            if (parsed.Action is ParseErrorAction && parsed.Errors is [ParseError first, ..])
                throw new ArgumentException($"{first.Message.ReplaceLineEndings(" ")} See 'gpu-check --help'.");
            return parsed.Invoke(new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false });
        }
        catch (Exception e) when (e is ArgumentException or InvalidDataException or ModelFormatException)
        {
            return Fail(error, e, 2);
        }
        catch (Exception e) when (e is DeviceException or OutOfCapacityException)
        {
            return Fail(error, e, 4);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Fail(error, e, 1);
        }
    }

    private int Execute(ParseResult parsed, string[] arguments, TextWriter output, TimeProvider clock)
    {
        int minutes = parsed.GetValue(_minutes);
        if (minutes < 1)
            throw new ArgumentException($"--minutes: {minutes} was given, but at least 1 was expected.");
        var plan = new CheckPlan
        {
            Options = new CheckOptions
            {
                Backend = parsed.GetValue(_backend) ?? CheckBackend.Cuda,
                HasExactMemory = parsed.GetValue(_specsOnly),
            },
            Limit = TimeSpan.FromMinutes(minutes),
            Only = parsed.GetValue(_only),
            Manifests = [.. (parsed.GetValue(_manifests) ?? []).Select(KernelManifest.Read)],
            Assembler = parsed.GetValue(_ptxas) is { } ptxas ? new Assembler(ptxas) : null,
            IsSpecsOnly = parsed.GetValue(_specsOnly),
            Command = string.Join(' ', arguments.Prepend("gpu-check")),
        };
        string folder = parsed.GetValue(_output) ?? ".";
        if (!plan.IsSpecsOnly)
            Directory.CreateDirectory(folder);
        CheckReport report = new CheckRun(plan, output, clock).Run();
        if (!plan.IsSpecsOnly)
        {
            File.WriteAllText(Path.Combine(folder, "gpu-check.json"), report.ToJson());
            File.WriteAllText(Path.Combine(folder, "gpu-check.md"), MarkdownReport.Write(report));
            output.WriteLine($"written: {Path.Combine(folder, "gpu-check.json")}, {Path.Combine(folder, "gpu-check.md")}");
        }

        output.WriteLine(report.Summary);
        return report.IsRight ? 0 : 1;
    }

    private static CheckBackend? Refuse(ArgumentResult result, string sentence)
    {
        result.AddError(sentence);
        return null;
    }

    private static int Fail(TextWriter error, Exception failure, int code)
    {
        error.WriteLine($"gpu-check: {failure.Message}");
        return code;
    }
}
