using System.Diagnostics;
using System.Text.RegularExpressions;
using Puna.Kernels.Gpu;

namespace Puna.Tools.KernelChecks;

/// <summary>NVIDIA's assembler and disassembler; they need no GPU.</summary>
internal sealed partial class Assembler
{
    private readonly string _ptxas, _nvdisasm;

    /// <summary>Finds both.</summary>
    /// <param name="ptxas">Path of <c>ptxas</c>; <c>nvdisasm</c> lies beside it.</param>
    /// <exception cref="ArgumentException">One of them is not there.</exception>
    public Assembler(string ptxas)
    {
        _ptxas = Path.GetFullPath(ptxas);
        _nvdisasm = Path.Join(Path.GetDirectoryName(_ptxas), "nvdisasm" + Path.GetExtension(_ptxas));
        foreach (string file in new[] { _ptxas, _nvdisasm })
        {
            if (!File.Exists(file))
                throw new ArgumentException($"{file}: there is no such file, but NVIDIA's assembler and disassembler were expected (ptxas, nvdisasm).");
        }
    }

    /// <summary>Its version, as in <c>12.4.131</c>.</summary>
    public string Version => VersionNumber().Match(Execute(_ptxas, "--version").Output) is { Success: true } match
        ? match.Groups["n"].Value : "of unknown version";

    /// <summary>Assembles a text; what the assembler refuses is part of the result.</summary>
    /// <param name="ptx">The text.</param>
    /// <param name="arch">The target.</param>
    public Assembled Assemble(string ptx, GpuArch arch)
    {
        using var folder = new Folder();
        string text = folder.File("kernel.ptx"), cubin = folder.File("kernel.cubin");
        File.WriteAllText(text, ptx);
        (int code, _, string log) = Execute(_ptxas, $"-arch={arch}", "-v", text, "-o", cubin);
        bool isAccepted = code == 0;
        byte[] image = isAccepted ? File.ReadAllBytes(cubin) : [];
        return new Assembled(log, isAccepted, new Lazy<SassListing>(() => isAccepted ? Disassemble(image) : SassListing.Empty));
    }

    private SassListing Disassemble(byte[] image)
    {
        using var folder = new Folder();
        File.WriteAllBytes(folder.File("kernel.cubin"), image);
        (int code, string sass, string error) = Execute(_nvdisasm, "-c", folder.File("kernel.cubin"));
        if (code != 0 || error.Length > 0)
            throw new IOException($"{_nvdisasm}: exit code {code}, {error.Trim()}");
        return SassListing.Parse(sass);
    }

    private static (int Code, string Output, string Error) Execute(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;   // not null: it is no shell document
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }

    [GeneratedRegex(@"\bV(?<n>\d+(\.\d+)+)")]
    private static partial Regex VersionNumber();

    /// <summary>A folder of its own for the files of one run.</summary>
    private sealed class Folder : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("puna-assembler");

        public string File(string name) => Path.Combine(_folder.FullName, name);

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
