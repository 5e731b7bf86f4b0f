using System.Collections.Immutable;
using System.Text.Json;

namespace Puna.Tools.KernelChecks;

/// <summary>
/// A list of kernels with their launches, inputs and expected outputs: <c>{"kernels": [{"name", "entry", "arch", "grid",
/// "block", "dynamic_shared_bytes", "cluster", "parameters", "outputs"}, …]}</c>. Beside it lie <c>NAME.ptx</c> and
/// <c>NAME.safetensors</c> of each kernel.
/// </summary>
/// <param name="Path">The file.</param>
/// <param name="Kernels">What it lists, in its order; each is read when it is asked for.</param>
internal sealed record KernelManifest(string Path, ImmutableArray<ManifestKernel> Kernels)
{
    /// <summary>Reads the list; the kernels' own files are not looked at.</summary>
    /// <exception cref="InvalidDataException">The file is no such list.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static KernelManifest Read(string path)
    {
        string name = System.IO.Path.GetFileName(path);
        using JsonDocument document = Parse(File.ReadAllBytes(path), name);
        var root = new ManifestFields(document.RootElement.Clone(), name);
        ImmutableArray<ManifestKernel> kernels =
            [.. root.Array("kernels").Select((k, i) => ManifestKernel.Read(k, $"{name}: kernel {i}", path))];
        if (kernels.GroupBy(k => k.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new InvalidDataException($"{name}: kernel '{twice.Key}' is listed {twice.Count()} times, but names are "
                + "expected to differ. Rename one of them and its files.");
        return new KernelManifest(path, kernels);
    }

    private static JsonDocument Parse(byte[] bytes, string name)
    {
        try
        {
            return JsonDocument.Parse(bytes, new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (JsonException e)
        {
            string problem = e.Message.Split(" LineNumber:")[0].TrimEnd('.').ReplaceLineEndings(" ");
            throw new InvalidDataException($"{name}, line {(e.LineNumber ?? 0) + 1}: this is not JSON ({problem}), but a "
                + "list of kernels was expected.", e);
        }
    }
}
