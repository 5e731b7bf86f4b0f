using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using Puna.Runtime.Loading;
using Puna.Runtime.Loading.Families;
using Puna.Runtime.Models;

namespace Puna.Gguf;

/// <summary>
/// A Llama model folder as the GGUF file that llama.cpp calls architecture <c>llama</c>. The vocabulary is made
/// up, since some programs refuse a file without one: ids go in, and logits come out.
/// </summary>
internal static class LlamaGguf
{
    private static readonly ImmutableDictionary<TensorRole, string> Names = new Dictionary<TensorRole, string>
    {
        [TensorRole.Embedding] = "token_embd.weight",
        [TensorRole.AttentionNorm] = "blk.{i}.attn_norm.weight",
        [TensorRole.Query] = "blk.{i}.attn_q.weight",
        [TensorRole.Key] = "blk.{i}.attn_k.weight",
        [TensorRole.Value] = "blk.{i}.attn_v.weight",
        [TensorRole.Output] = "blk.{i}.attn_output.weight",
        [TensorRole.MlpNorm] = "blk.{i}.ffn_norm.weight",
        [TensorRole.Gate] = "blk.{i}.ffn_gate.weight",
        [TensorRole.Up] = "blk.{i}.ffn_up.weight",
        [TensorRole.Down] = "blk.{i}.ffn_down.weight",
        [TensorRole.FinalNorm] = "output_norm.weight",
        [TensorRole.LmHead] = "output.weight",
    }.ToImmutableDictionary();

    /// <summary>The file for a folder; weights are read when it is written.</summary>
    /// <param name="folder">The model.</param>
    /// <param name="format">How its matrices are stored.</param>
    /// <exception cref="ModelFormatException">The model is none that the architecture describes.</exception>
    public static GgufFile From(ModelFolder folder, WeightFormat format)
    {
        ModelConfig config = folder.Config;
        Check(folder, format);
        ImmutableArray<GgufTensor>.Builder tensors = ImmutableArray.CreateBuilder<GgufTensor>();
        if (config.Rope.Type == RopeType.Llama3)
            tensors.Add(RopeFactors(config));
        foreach (TensorName name in folder.Family.Names.Where(n => n.Role != TensorRole.LmHead || !config.IsTied))
        {
            for (int layer = 0; layer < (name.IsPerLayer ? config.LayerCount : 1); layer++)
                tensors.Add(Tensor(folder, name, layer, format));
        }

        return new GgufFile(Metadata(folder, format), tensors.ToImmutable());
    }

    private static void Check(ModelFolder folder, WeightFormat format)
    {
        ModelConfig config = folder.Config;
        if (folder.Family != Llama.Family || config.Biases != Biases.None)
        {
            throw new ModelFormatException($"config.json: the architecture is {config.Architecture} with biases "
                + $"'{config.Biases}', but a LlamaForCausalLM without biases was expected (only its names are known "
                + "here). Use llama.cpp's own converter.");
        }

        int[] widths = [config.HiddenSize, config.IntermediateSize, config.Heads.QuerySize];
        if (widths.FirstOrDefault(w => w % format.BlockElements != 0) is > 0 and int width)
        {
            throw new ModelFormatException($"config.json: a matrix has rows of {width} elements, but {format.Name} has "
                + $"blocks of {format.BlockElements}. Write bf16 instead.");
        }
    }

    private static ImmutableArray<(string Key, object Value)> Metadata(ModelFolder folder, WeightFormat format)
    {
        ModelConfig config = folder.Config;
        List<(string, object)> entries =
        [
            ("general.architecture", "llama"),
            ("general.name", Path.GetFileName(Path.TrimEndingDirectorySeparator(folder.Path))),
            ("general.file_type", format.FileType),
            ("general.quantization_version", 2u),
            ("llama.vocab_size", (uint)config.VocabSize),
            ("llama.context_length", (uint)config.ContextLength),
            ("llama.embedding_length", (uint)config.HiddenSize),
            ("llama.block_count", (uint)config.LayerCount),
            ("llama.feed_forward_length", (uint)config.IntermediateSize),
            ("llama.attention.head_count", (uint)config.Heads.HeadCount),
            ("llama.attention.head_count_kv", (uint)config.Heads.KvHeadCount),
            ("llama.attention.key_length", (uint)config.Heads.HeadDim),
            ("llama.attention.value_length", (uint)config.Heads.HeadDim),
            ("llama.attention.layer_norm_rms_epsilon", config.NormEpsilon),
            ("llama.rope.dimension_count", (uint)config.Heads.HeadDim),
            ("llama.rope.freq_base", (float)config.Rope.Theta),
            ("tokenizer.ggml.model", "llama"),
            ("tokenizer.ggml.tokens", Vocabulary(config.VocabSize)),
            ("tokenizer.ggml.scores", new float[config.VocabSize]),
        ];
        if (config.Rope.Type == RopeType.Linear)
        {
            entries.Add(("llama.rope.scaling.type", "linear"));
            entries.Add(("llama.rope.scaling.factor", (float)config.Rope.Factor));
        }

        return [.. entries];
    }

    /// <summary>The 256 bytes, then numbers: enough to write any text, if not well.</summary>
    private static string[] Vocabulary(int size) =>
        [.. Enumerable.Range(0, size).Select(i => i < 256 ? $"<0x{i:X2}>" : $"<{i}>")];

    /// <summary>Llama 3's scaling as llama.cpp wants it: what each frequency is divided by.</summary>
    private static GgufTensor RopeFactors(ModelConfig config)
    {
        int headDim = config.Heads.HeadDim;
        float[] scaled = RopeFrequencies.Compute(config.Rope, headDim);
        float[] plain = RopeFrequencies.Compute(config.Rope with { Type = RopeType.Default }, headDim);
        float[] factors = [.. plain.Zip(scaled, (p, s) => p / s)];
        return new GgufTensor("rope_freqs.weight", GgufType.F32, [factors.Length], factors.Length * sizeof(float),
            s => s.Write(MemoryMarshal.AsBytes(factors.AsSpan())));
    }

    private static GgufTensor Tensor(ModelFolder folder, TensorName name, int layer, WeightFormat format)
    {
        string number = layer.ToString(CultureInfo.InvariantCulture);
        CheckpointTensor source =
            folder.Checkpoint.Tensors[name.Template.Replace("{i}", number, StringComparison.Ordinal)];
        string target = Names[name.Role].Replace("{i}", number, StringComparison.Ordinal);
        ImmutableArray<long> shape = source.Entry.Shape;
        if (shape.Length == 1)
        {
            return new GgufTensor(target, GgufType.F32, shape, shape[0] * sizeof(float),
                s => s.Write(MemoryMarshal.AsBytes(source.File.ReadF32(source.Entry.Name).AsSpan())));
        }

        int headDim = name.Role is TensorRole.Query or TensorRole.Key ? folder.Config.Heads.HeadDim : 0;
        return new GgufTensor(target, format.Type, shape, shape[0] * format.RowBytes(shape[1]),
            s => WriteRows(s, source, headDim, format));
    }

    private static void WriteRows(Stream stream, CheckpointTensor source, int headDim, WeightFormat format)
    {
        var rows = new StoredRows(source);
        float[] row = new float[rows.Cols];
        byte[] stored = new byte[format.RowBytes(rows.Cols)];
        for (int i = 0; i < rows.Count; i++)
        {
            rows.Read(headDim > 0 ? RotaryRows.Source(i, headDim) : i, row);
            format.StoreRow(row, stored);
            stream.Write(stored);
        }
    }
}
