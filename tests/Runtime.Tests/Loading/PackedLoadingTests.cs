using Puna.Kernels;
using Puna.Runtime.Loading;
using Puna.Runtime.Models;
using Puna.TestKit;

namespace Puna.Runtime.Tests.Loading;

/// <summary>Weights that are kept as they lie in memory: the same weights, or made anew with a sentence.</summary>
public sealed class PackedLoadingTests : IDisposable
{
    private static readonly ModelMode Int8 = new(DType.I8, ActivationType.I8, DType.BF16);
    private static readonly ModelMode Stored = new(null, ActivationType.BF16, DType.BF16);
    private readonly TemporaryFolder _model = new(), _other = new();
    private readonly List<string> _notes = [];

    public static TheoryData<bool, bool, bool> Cases =>
        [(false, false, false), (false, true, true), (true, false, true), (true, true, false), (true, true, true)];

    public void Dispose()
    {
        _model.Dispose();
        _other.Dispose();
    }

    [Theory, MemberData(nameof(Cases))]
    public void Second_start_reads_the_same_weights_from_one_file(bool isConverted, bool isTied, bool useMapping)
    {
        WeightFormatsTests.Wide(isTied).Write(_model.Path, shardCount: isTied ? 1 : 2);
        ModelMode mode = isConverted ? Int8 : Stored;

        using TransformerWeights first = Load(mode, useMapping), second = Load(mode, useMapping);

        string file = Packed();
        Assert.Equal([$"{Path.GetFileName(file)}: {new FileInfo(file).Length:N0} bytes were written; the next start reads them."], _notes);
        AssertSame(first, second);
        Part down = second.Layers[0].Down.Parts[0];
        Assert.Equal(useMapping, down.Codes.Offset > 0);   // in the file itself
        Assert.Equal(0, down.Codes.Offset % 64);
        Assert.Equal(isTied && !isConverted, ReferenceEquals(second.Embedding, second.LmHead.Parts[0]));
    }

    [Fact]
    public void Packed_file_is_a_safetensors_file_and_the_folder_stays_a_model()
    {
        WeightFormatsTests.Wide(isTied: false).Write(_model.Path);
        Load(Int8).Dispose();

        SafetensorsFile file = SafetensorsFile.Open(Packed());

        Assert.Equal(8, file.Table.Entries.Length);
        Assert.Equal(0, file.Table.DataStart % 4096);
        Assert.Matches("^puna-packed-[0-9a-f]{8}.safetensors$", file.Name);
        Assert.Equal(["model.safetensors"], ModelFolder.Open(_model.Path).Checkpoint.Files.Select(f => f.Name));
        File.Delete(_model.File("model.safetensors"));
        Assert.EndsWith("the folder holds no weights, but model.safetensors or model.safetensors.index.json with its shards was "
            + "expected. Download the model's safetensors files.",
            Assert.Throws<ModelFormatException>(() => ModelFolder.Open(_model.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Formats_and_models_have_files_of_their_own_in_a_common_folder()
    {
        WeightFormatsTests.Wide(isTied: true).Write(_model.Path);
        using TemporaryFolder twin = new();
        twin.CopyFrom(_model.Path);

        foreach (string model in new[] { _model.Path, twin.Path })
        {
            foreach (ModelMode mode in new[] { Int8, Stored, Int8 })
                Load(mode, useMapping: false, model, _other.Path).Dispose();
        }

        Assert.Equal(4, Directory.GetFiles(_other.Path).Length);
        Assert.Equal(4, _notes.Count);
        Assert.Equal(2, Directory.GetFiles(_model.Path).Length);
    }

    [Fact]
    public void Same_codes_serve_all_activations()
    {
        WeightFormatsTests.Wide(isTied: true).Write(_model.Path);
        Load(Stored).Dispose();

        using TransformerWeights other = Load(Stored with { Activations = ActivationType.F32 });

        Assert.Single(_notes);
        Assert.Equal(ActivationType.F32, other.Layers[0].Down.Parts[0].Format.Activations);
    }

    public static TheoryData<string, string> Damages => new()
    {
        { "cut", "it is damaged or cut short" },
        { "empty", "it is damaged or cut short" },
        { "header", "it is damaged or cut short" },
        { "version", "another version of Puna made it" },
        { "data", "the bytes of tensor 'lm_head.weight' are not those that were written" },
        { "last byte", "the bytes of tensor 'model.layers.0.self_attn.v_proj.weight' are not those that were written" },
        { "source time", "the model's files have changed since it was made" },
        { "source size", "the model's files have changed since it was made" },
    };

    [Theory, MemberData(nameof(Damages))]
    public void What_is_stale_or_damaged_is_made_again_with_a_sentence(string damage, string reason)
    {
        TinyModel model = WeightFormatsTests.Wide(isTied: false);
        model.Write(_model.Path);
        using TransformerWeights before = Load(Int8);
        string file = Packed(), name = Path.GetFileName(file);
        byte[] good = File.ReadAllBytes(file);
        SafetensorsTable table = SafetensorsFile.Open(file).Table;
        Damage(damage, file, [.. good], table, model);
        _notes.Clear();

        using TransformerWeights again = Load(Int8);

        Assert.Equal([$"{name}: {reason}. The weights are converted again.",
            $"{name}: {new FileInfo(file).Length:N0} bytes were written; the next start reads them."], _notes);
        if (damage == "source size")
            return;
        AssertSame(before, again);
        if (damage != "source time")
            Assert.Equal(good, File.ReadAllBytes(file));
        _notes.Clear();
        Load(Int8).Dispose();
        Assert.Empty(_notes);
    }

    [Fact]
    public void Weights_that_are_used_as_they_are_stored_are_not_kept_twice()
    {
        WeightFormatsTests.Wide(isTied: true).Write(_model.Path);

        LoadOptions options = new() { PackFolder = _model.Path, Notes = new Notes(_notes) };
        WeightLoader.Load(ModelFolder.Open(_model.Path), Stored, _ => WeightLayout.Rows, options).Dispose();

        Assert.Equal(["pack: these weights are used as they are stored, so there is nothing to keep."], _notes);
        Assert.Empty(Directory.GetFiles(_model.Path, "puna-*"));
    }

    [Fact]
    public void Model_runs_where_nothing_can_be_written()
    {
        WeightFormatsTests.Wide(isTied: true).Write(_model.Path);
        string nowhere = _other.File("none");

        Load(Int8, useMapping: false, _model.Path, nowhere).Dispose();

        Assert.Contains("it could not be written (", Assert.Single(_notes), StringComparison.Ordinal);
    }

    [Fact]
    public void Checksum_sees_every_byte_and_the_order()
    {
        byte[] bytes = new byte[1003];
        new Random(1).NextBytes(bytes);
        uint sum = Checksum.Of(bytes);

        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] ^= 1;
            Assert.NotEqual(sum, Checksum.Of(bytes));
            bytes[i] ^= 1;
        }

        Assert.Equal(sum, Checksum.Of(bytes));
        bytes.AsSpan(0, 8).Reverse();
        Assert.NotEqual(sum, Checksum.Of(bytes));
        Assert.NotEqual(Checksum.Of(new byte[64]), Checksum.Of(new byte[72]));
    }

    private static void Damage(string damage, string file, byte[] bytes, SafetensorsTable table, TinyModel model)
    {
        string source = Path.Combine(Path.GetDirectoryName(file)!, "model.safetensors");   // not null: it lies in a folder
        switch (damage)
        {
            case "cut":
                Array.Resize(ref bytes, bytes.Length - 4096);
                break;
            case "empty":
                bytes = [];
                break;
            case "header":
                bytes[20] = (byte)'}';
                break;
            case "version":
                int at = bytes.AsSpan().IndexOf("\"version\":\"1.1\""u8);
                bytes[at + 13] = (byte)'0';
                break;
            case "data":
                bytes[table.DataStart + table.Find("lm_head.weight")!.Begin + 12345] ^= 8;   // the file holds it
                break;
            case "last byte":
                SafetensorsEntry last = table.Entries[^1];
                long size = Part.ByteSize(Int8.FormatOf(DType.BF16), WeightLayout.Panels, 60, 1024);
                bytes[table.DataStart + last.Begin + size - 1] ^= 128;
                break;
            case "source time":
                File.SetLastWriteTimeUtc(source, File.GetLastWriteTimeUtc(source).AddSeconds(1));
                break;
            default:
                model.Tensors["model.norm.weight"] = model.Tensors["model.norm.weight"] with { DType = SafetensorsDType.F32 };
                DateTime time = File.GetLastWriteTimeUtc(source);
                model.Write(Path.GetDirectoryName(file)!);
                File.SetLastWriteTimeUtc(source, time);
                break;
        }

        File.WriteAllBytes(file, bytes);
    }

    private string Packed() => Assert.Single(Directory.GetFiles(_model.Path, "puna-packed-*.safetensors"));

    private TransformerWeights Load(ModelMode mode, bool useMapping = false) => Load(mode, useMapping, _model.Path, _model.Path);

    private TransformerWeights Load(ModelMode mode, bool useMapping, string model, string packFolder) => WeightLoader.Load(
        ModelFolder.Open(model), mode, _ => WeightLayout.Panels,
        new LoadOptions { UseMapping = useMapping, PackFolder = packFolder, Notes = new Notes(_notes), Threads = 2 });

    private static void AssertSame(TransformerWeights a, TransformerWeights b)
    {
        WeightFormatsTests.AssertSame(a.Embedding, b.Embedding, "embedding");
        WeightFormatsTests.AssertSame(a.LmHead.Parts[0], b.LmHead.Parts[0], "head");
        Assert.Equal(a.FinalNorm.Span<float>(), b.FinalNorm.Span<float>());
        foreach ((LayerWeights x, LayerWeights y) in a.Layers.Zip(b.Layers))
        {
            foreach ((Linear p, Linear q) in ((Linear, Linear)[])
                [(x.QueryKeyValue, y.QueryKeyValue), (x.Output, y.Output), (x.GateUp, y.GateUp), (x.Down, y.Down)])
            {
                foreach ((Part one, Part two) in p.Parts.Zip(q.Parts))
                    WeightFormatsTests.AssertSame(one, two, "layer");
            }
        }
    }

    private sealed class Notes(List<string> notes) : IProgress<string>
    {
        public void Report(string value) => notes.Add(value);
    }
}
