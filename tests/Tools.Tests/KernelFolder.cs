using System.Collections.Immutable;
using Puna.Runtime.Loading;
using Puna.TestKit;

namespace Puna.Tools.Tests;

/// <summary>A folder with a manifest of one kernel: y = 1.5 x + y on 300 elements.</summary>
internal sealed class KernelFolder : IDisposable
{
    /// <summary>Elements of x and y.</summary>
    public const int Count = 300;

    private readonly TemporaryFolder _folder = new();

    /// <summary>Writes the folder.</summary>
    /// <param name="json">Changes the manifest's text.</param>
    /// <param name="ptx">Changes the kernel's text.</param>
    public KernelFolder(Func<string, string>? json = null, Func<string, string>? ptx = null)
    {
        string text = File.ReadAllText(Goldens.InRepository("tests/Tools.Tests/Data/saxpy.ptx"));
        File.WriteAllText(Ptx, ptx is null ? text : ptx(text));
        float[] x = [.. Enumerable.Range(0, Count).Select(i => 0.25f * i)], y = [.. Enumerable.Range(0, Count).Select(i => 1f - i)];
        float[] want = [.. x.Zip(y, (a, b) => (1.5f * a) + b)];
        SafetensorsWriter.Write(Tensors,
            [TensorSource.F32("x", x, Count), TensorSource.F32("y", y, Count), TensorSource.F32("want", want, Count)]);
        const string Manifest = """
            {"kernels": [{
              "name": "saxpy", "entry": "saxpy", "arch": "sm_80", "grid": [3, 1, 1], "block": [128], "dynamic_shared_bytes": 0,
              "parameters": [{"kind": "buffer", "tensor": "x"}, {"kind": "buffer", "tensor": "y"},
                {"kind": "f32", "value": 1.5}, {"kind": "u32", "value": 300}],
              "outputs": [{"buffer": "y", "expected": "want", "absolute": 0, "relative": 0}]
            }]}
            """;
        File.WriteAllText(Json, json is null ? Manifest : json(Manifest));
        Want = [.. want];
    }

    /// <summary>The manifest.</summary>
    public string Json => _folder.File("kernels.json");

    /// <summary>The kernel's text.</summary>
    public string Ptx => _folder.File("saxpy.ptx");

    /// <summary>Its inputs and what must come out.</summary>
    public string Tensors => _folder.File("saxpy.safetensors");

    /// <summary>What y must hold.</summary>
    public ImmutableArray<float> Want { get; }

    /// <summary>The path of another file.</summary>
    public string PathOf(string name) => _folder.File(name);

    public void Dispose() => _folder.Dispose();
}
