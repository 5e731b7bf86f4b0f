using System.Collections.Immutable;
using System.Text.Json;
using System.Text.RegularExpressions;
using Puna.Kernels.Gpu;
using Puna.Runtime.Loading;

namespace Puna.Tools.KernelChecks;

/// <summary>A kernel of a <see cref="KernelManifest"/>.</summary>
internal sealed class ManifestKernel
{
    private static readonly KernelArgument Null = new("null", ArgumentKind.Scalar, new byte[8]);

    private readonly ManifestFields _fields;
    private readonly string _folder;

    private ManifestKernel(string name, GpuArch arch, ManifestFields fields, string folder) =>
        (Name, Arch, _fields, _folder) = (name, arch, fields, folder);

    /// <summary>Its name; that of its files too.</summary>
    public string Name { get; }

    /// <summary>The architecture that its text is written for.</summary>
    public GpuArch Arch { get; }

    /// <summary>Reads an entry of the list, and nothing else.</summary>
    /// <param name="element">The entry.</param>
    /// <param name="where">What messages call it until its name is known.</param>
    /// <param name="path">The manifest.</param>
    /// <exception cref="InvalidDataException">It has no name or no architecture.</exception>
    public static ManifestKernel Read(JsonElement element, string where, string path)
    {
        string name = new ManifestFields(element, where).Text("name");
        if (name != Path.GetFileName(name) || name is "." or "..")
            throw new InvalidDataException($"{where}: name is '{name}', but a file name without folders was expected.");
        var fields = new ManifestFields(element, $"{Path.GetFileName(path)}: {name}");
        try
        {
            return new ManifestKernel(name, GpuArch.Parse(fields.Text("arch")), fields,
                Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/");
        }
        catch (FormatException)
        {
            throw new InvalidDataException($"{fields.Where}: arch is '{fields.Text("arch")}', but a name like sm_80 or "
                + "sm_90a was expected.");
        }
    }

    /// <summary>The kernel with its inputs and what must come out; reads its two files.</summary>
    /// <exception cref="InvalidDataException">Entry and files do not fit together.</exception>
    /// <exception cref="ModelFormatException">The tensors' file is damaged.</exception>
    /// <exception cref="IOException">One of the files is absent or cannot be read.</exception>
    public KernelCall Load()
    {
        string text = File.ReadAllText(Path.Combine(_folder, Name + ".ptx"));
        KernelTensors tensors = KernelTensors.Open(Path.Combine(_folder, Name + ".safetensors"));
        GpuKernel kernel = GpuKernel.FromPtx(text, _fields.Text("entry"), _fields.Dim("block")) with
        {
            DynamicSharedBytes = _fields.Count("dynamic_shared_bytes"),
            Cluster = _fields.FindDim("cluster"),
        };
        ImmutableArray<KernelArgument> arguments =
        [
            .. _fields.Array("parameters").Select((p, i) =>
                Argument(new ManifestFields(p, $"{_fields.Where}: parameter {i}"), tensors)),
        ];
        arguments = arguments.AddRange(Omitted(text, kernel.Entry, arguments.Length));
        return new KernelCall(kernel, _fields.Dim("grid"), arguments,
        [
            .. _fields.Array("outputs").Select((o, i) =>
                Output(new ManifestFields(o, $"{_fields.Where}: output {i}"), tensors, arguments)),
        ]);
    }

    /// <summary>
    /// Triton's kernels end in pointers that only its profiler uses: 64-bit parameters behind the last one given are null.
    /// </summary>
    private static IEnumerable<KernelArgument> Omitted(string text, string entry, int given)
    {
        Match declared = Regex.Match(text, $@"\.entry\s+{Regex.Escape(entry)}\s*\(([^)]*)\)");
        string[] omitted = [.. declared.Groups[1].Value.Split(".param", StringSplitOptions.TrimEntries).Skip(1 + given)];
        return omitted.All(p => p.StartsWith(".u64", StringComparison.Ordinal) || p.StartsWith(".b64", StringComparison.Ordinal))
            ? omitted.Select(_ => Null)
            : [];
    }

    private static KernelArgument Argument(ManifestFields parameter, KernelTensors tensors)
    {
        string kind = parameter.Text("kind");
        if (kind == "null")
            return Null;
        if (kind == "buffer")
        {
            string tensor = parameter.Text("tensor");
            return new KernelArgument(tensor, ArgumentKind.Buffer, tensors.Bytes(tensor, parameter.Where));
        }

        JsonElement value = parameter.Required("value", "the parameter's value");
        return ScalarText.Bytes(kind, value.ValueKind == JsonValueKind.String ? value.GetString() ?? "" : value.GetRawText())
            is { } bytes
            ? new KernelArgument(kind, ArgumentKind.Scalar, bytes)
            : throw (ScalarText.IsKind(kind)
                ? parameter.Unexpected("value", value, ScalarText.Expected(kind))
                : new InvalidDataException($"{parameter.Where}: kind is '{kind}', but buffer, null or one of "
                    + $"{ScalarText.Kinds} was expected."));
    }

    private static ExpectedOutput Output(ManifestFields output, KernelTensors tensors, ImmutableArray<KernelArgument> arguments)
    {
        string buffer = output.Text("buffer"), expected = output.Text("expected");
        KernelArgument? argument = arguments.FirstOrDefault(a => a.Kind == ArgumentKind.Buffer && a.Name == buffer);
        byte[] want = tensors.Bytes(expected, output.Where);
        if (argument is null)
            throw new InvalidDataException($"{output.Where}: buffer is '{buffer}', but no parameter points to a tensor of "
                + "that name.");
        if (argument.Bytes.Length < want.Length)
            throw new InvalidDataException($"{output.Where}: tensor '{expected}' has {want.Length} bytes, but buffer "
                + $"'{buffer}' has {argument.Bytes.Length}. Give the buffer the size of what is expected of it.");
        return new ExpectedOutput(buffer, tensors.Format(expected, output.Where), want,
            output.Tolerance("absolute"), output.Tolerance("relative"));
    }
}
