using Puna.Kernels;
using Puna.Kernels.Cpu;
using Puna.Runtime.Models;
using Puna.TestKit;

namespace Puna.Runtime.Tests.Models;

/// <summary>What the page must satisfy whatever the weights: an independent decoder, and laws that hold bit for bit.</summary>
public class TransformerTests
{
    private static readonly int[] Ids = [.. Enumerable.Range(0, 41).Select(i => (i * 17 + 5) % RandomModel.Config.VocabSize)];

    public static TheoryData<string> Backends => ["reference", "cpu"];

    public static TheoryData<string, string> BackendsAndModels
    {
        get
        {
            TheoryData<string, string> data = [];
            foreach (string backend in new[] { "reference", "cpu" })
            {
                foreach (string model in new[] { "llama", "window", "biases", "bf16", "f16", "tied" })
                    data.Add(backend, model);
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(BackendsAndModels))]
    public void Forward_equals_a_textbook_decoder_without_cache(string backend, string model)
    {
        (ModelConfig config, TransformerWeights weights) = Model(model);
        using IBackend ops = Backend(backend);
        using ForwardRun run = new(config, weights, ops, Ids.Length);

        float[] expected = [.. TextbookDecoder.Logits(config, weights, Ids).SelectMany(row => row.Select(v => (float)v))];
        float[] actual = run.InChunks(Ids, Ids.Length);

        // about 40 roundings along each path, on values up to 5
        KernelAssert.Close(expected, actual, 2e-5, $"{backend} {model}");
    }

    [Theory, MemberData(nameof(BackendsAndModels))]
    public void Prefill_in_pieces_of_any_size_gives_the_bits_of_one_prefill(string backend, string model)
    {
        (ModelConfig config, TransformerWeights weights) = Model(model);
        using IBackend ops = Backend(backend);
        using ForwardRun whole = new(config, weights, ops, Ids.Length);
        float[] expected = whole.InChunks(Ids, Ids.Length);

        foreach (int chunk in new[] { 1, 2, 3, 7, 16, 40 })
        {
            using ForwardRun run = new(config, weights, ops, Ids.Length);
            KernelAssert.SameBits(expected, run.InChunks(Ids, chunk), $"{backend} {model} in pieces of {chunk}");
        }
    }

    [Theory, MemberData(nameof(Backends))]
    public void A_sequence_gives_the_same_bits_alone_and_in_a_mixed_batch(string backend)
    {
        TransformerWeights weights = RandomModel.Weights(RandomModel.Config);
        using IBackend ops = Backend(backend);
        using ForwardRun alone = new(RandomModel.Config, weights, ops, Ids.Length);
        using ForwardRun batch = new(RandomModel.Config, weights, ops, Ids.Length, sequences: 9);
        float[] expected = alone.InChunks(Ids, Ids.Length);
        int[] other = [.. Ids.Reverse()];

        float[] first = batch.Forward([.. Enumerable.Range(1, 8).Select(s => (s, 0, other[..(s * 3)])), (0, 0, Ids[..20])])[8];
        float[] second = batch.Forward([(3, 9, other[9..10]), (0, 20, Ids[20..21]), (1, 3, other[3..17])])[1];
        float[] third = batch.Forward([(0, 21, Ids[21..]), (2, 6, other[6..7])])[0];

        KernelAssert.SameBits(expected, [.. first, .. second, .. third], backend);
    }

    [Theory, MemberData(nameof(Backends))]
    public void Where_cache_blocks_lie_and_how_large_they_are_changes_nothing(string backend)
    {
        TransformerWeights weights = RandomModel.Weights(RandomModel.Config);
        using IBackend ops = Backend(backend);
        using ForwardRun contiguous = new(RandomModel.Config, weights, ops, Ids.Length, blockTokens: 64);
        float[] expected = contiguous.InChunks(Ids, 5);

        foreach (int blockTokens in new[] { 16, 32, 48 })
        {
            using ForwardRun paged = new(RandomModel.Config, weights, ops, Ids.Length, sequences: 3, blockTokens: blockTokens, blockSeed: 7);
            KernelAssert.SameBits(expected, paged.InChunks(Ids, 5), $"{backend}, blocks of {blockTokens} in random order");
        }
    }

    [Fact]
    public void The_number_of_threads_changes_no_bit()
    {
        TransformerWeights weights = RandomModel.Weights(RandomModel.Config);
        float[]? expected = null;
        foreach (int threads in new[] { 1, 2, 3, 5 })
        {
            using CpuBackend ops = new(threads);
            using ForwardRun run = new(RandomModel.Config, weights, ops, Ids.Length);
            float[] actual = run.InChunks(Ids, 17);
            expected ??= actual;

            KernelAssert.SameBits(expected, actual, $"{threads} threads");
        }
    }

    [Theory, InlineData("reference", DType.BF16), InlineData("cpu", DType.BF16), InlineData("reference", DType.I8), InlineData("cpu", DType.I8)]
    public void A_smaller_cache_keeps_the_laws_and_stays_close(string backend, DType type)
    {
        TransformerWeights weights = RandomModel.Weights(RandomModel.Config);
        using IBackend ops = Backend(backend);
        using ForwardRun exact = new(RandomModel.Config, weights, ops, Ids.Length);
        using ForwardRun whole = new(RandomModel.Config, weights, ops, Ids.Length, cacheType: type);
        using ForwardRun pieces = new(RandomModel.Config, weights, ops, Ids.Length, cacheType: type);
        float[] expected = whole.InChunks(Ids, Ids.Length);

        KernelAssert.SameBits(expected, pieces.InChunks(Ids, 1), backend);
        KernelAssert.Close(exact.InChunks(Ids, Ids.Length), expected, 0.05, backend);   // about 8 bits: 0.4 % of values near 3
    }

    [Theory, MemberData(nameof(Backends))]
    public void Marks_come_in_the_order_of_the_page(string backend)
    {
        using IBackend ops = Backend(backend);
        List<string> marks = [];
        using ListeningBackend listening = new(ops) { OnMark = (point, layer, value) => marks.Add($"{point} {layer} {value}") };
        using ForwardRun run = new(RandomModel.Config, RandomModel.Weights(RandomModel.Config), listening, 4);

        run.InChunks(Ids[..3], 3);

        string[] layer =
        [
            "ResidPre {0} F32 [3, 40]", "Z {0} F32 [3, 96]", "AttnOut {0} F32 [3, 40]", "ResidMid {0} F32 [3, 40]",
            "MlpPost {0} F32 [3, 52]", "MlpOut {0} F32 [3, 40]", "ResidPost {0} F32 [3, 40]",
        ];
        Assert.Equal([.. layer.Select(l => l.Replace("{0}", "0")), .. layer.Select(l => l.Replace("{0}", "1")), "FinalNormed 2 F32 [3, 40]"], marks);
    }

    [Fact]
    public void Listening_changes_no_bit()
    {
        TransformerWeights weights = RandomModel.Weights(RandomModel.Config);
        using CpuBackend ops = new(threads: 2);
        using ListeningBackend listening = new(ops) { OnMark = (_, _, value) => _ = value.Row<float>(0)[0] };
        using ForwardRun plain = new(RandomModel.Config, weights, ops, Ids.Length);
        using ForwardRun observed = new(RandomModel.Config, weights, listening, Ids.Length);

        KernelAssert.SameBits(plain.InChunks(Ids, 9), observed.InChunks(Ids, 9), "observed");
    }

    internal static IBackend Backend(string name) => name == "cpu" ? new CpuBackend(threads: 2) : new ReferenceBackend();

    private static (ModelConfig Config, TransformerWeights Weights) Model(string name)
    {
        ModelConfig config = name switch
        {
            "window" => RandomModel.Config with { SlidingWindow = 6 },
            "biases" => RandomModel.Config with { Biases = Biases.QueryKeyValue | Biases.Output | Biases.Mlp },
            "tied" => RandomModel.Config with { IsTied = true },
            _ => RandomModel.Config,
        };
        DType type = name switch { "bf16" => DType.BF16, "f16" => DType.F16, _ => DType.F32 };
        return (config, RandomModel.Weights(config, type));
    }
}
