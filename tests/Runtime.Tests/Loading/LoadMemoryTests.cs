using System.Globalization;
using Puna.Kernels;
using Puna.Runtime.Loading;
using Puna.Runtime.Models;
using Puna.TestKit;

namespace Puna.Runtime.Tests.Loading;

/// <summary>Peak memory of loading is what is loaded and a little: no tensor is there twice.</summary>
[Collection(AloneTests.Name)]
public class LoadMemoryTests
{
    private const int Hidden = 1024, Mlp = 8192;   // 16.8 MB a product in BF16

    [Theory]
    [InlineData(null, WeightLayout.Rows)]
    [InlineData(null, WeightLayout.Panels)]
    [InlineData(DType.I8, WeightLayout.Panels)]
    public void Peak_is_what_is_loaded_and_some_pieces(DType? weights, WeightLayout layout)
    {
        Assert.SkipUnless(File.Exists("/proc/self/clear_refs"), "skipped: no /proc/self/clear_refs");
        using TemporaryFolder temporary = new();
        ModelFolder folder = ModelFolder.Open(Write(temporary));
        ModelMode mode = new(weights, ActivationType.BF16, DType.BF16);
        LoadOptions options = new() { Threads = 2 };
        WeightLoader.Load(folder, mode, _ => layout, options).Dispose();   // what is compiled now is not counted below
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true);

        File.WriteAllText("/proc/self/clear_refs", "5");
        long before = Kilobytes("VmRSS") * 1024;
        using TransformerWeights loaded = WeightLoader.Load(folder, mode, _ => layout, options);
        long peak = Kilobytes("VmHWM") * 1024 - before;

        long bytes = new WeightFormats(folder, mode, _ => layout, inPlace: false).LoadedBytes;
        long file = new FileInfo(temporary.File("model.safetensors")).Length;
        Assert.InRange(peak, bytes * 8 / 10, bytes * 11 / 10 + (4 << 20));   // a second copy of one tensor would be 8 or 16 MB
        Assert.True(weights is null ? bytes <= file * 11 / 10 : bytes < file * 7 / 10, $"{bytes} bytes of a file of {file}");
    }

    private static long Kilobytes(string field) => File.ReadLines("/proc/self/status")
        .Where(l => l.StartsWith(field, StringComparison.Ordinal))
        .Select(l => long.Parse(l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)).Single();

    // Zeros, written without ever being in memory.
    private static string Write(TemporaryFolder folder)
    {
        TinyModel tiny = TinyModel.Llama(configure: c => c["num_hidden_layers"] = 1);
        tiny.Config["hidden_size"] = Hidden;
        tiny.Config["intermediate_size"] = Mlp;
        tiny.Config["head_dim"] = 8;
        File.WriteAllText(folder.File("config.json"), tiny.Config.ToJsonString());
        SafetensorsWriter.Write(folder.File("model.safetensors"), [.. tiny.Tensors.Select(t => new TensorSource(
            t.Key, SafetensorsDType.BF16, [.. t.Value.Shape.Select((size, i) => Widen(t.Key, size, i))],
            stream => stream.Write(new byte[2 * t.Value.Shape.Select((size, i) => Widen(t.Key, size, i)).Aggregate((a, b) => a * b)])))]);
        return folder.Path;

        static long Widen(string name, long size, int axis) => size switch
        {
            48 => Mlp,
            32 when !name.Contains("_proj", StringComparison.Ordinal) || axis == (IsFromHidden(name) ? 1 : 0) => Hidden,
            _ => size,
        };

        static bool IsFromHidden(string name) =>
            !name.Contains("o_proj", StringComparison.Ordinal) && !name.Contains("down_proj", StringComparison.Ordinal);
    }
}
