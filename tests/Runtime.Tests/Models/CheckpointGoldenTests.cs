using System.Text.Json;
using Puna.Kernels;
using Puna.Runtime.Loading;
using Puna.Runtime.Models;
using Puna.TestKit;

namespace Puna.Runtime.Tests.Models;

/// <summary>Checkpoints with results that transformers recorded: logits, hidden states, attention, greedy answers.</summary>
public class CheckpointGoldenTests
{
    // Logits have a standard deviation near 1.7; both sides round to F32 between ops and sum in different orders.
    private const double LogitTolerance = 5e-4;
    private const double PatternTolerance = 2e-5;

    public static TheoryData<string, string> Cases
    {
        get
        {
            TheoryData<string, string> data = [];
            foreach (string name in Goldens.Checkpoints.Where(n => n != "llama-long"))
            {
                data.Add("cpu", name);
                data.Add("reference", name);
            }

            data.Add("cpu", "demo");
            data.Add("reference", "demo");
            return data;
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void Logits_hidden_states_and_attention_are_those_of_transformers(string backend, string name)
    {
        using IBackend ops = TransformerTests.Backend(backend);
        using Golden golden = new(name, ops);
        double largest = 0;

        for (int prompt = 0; golden.Has($"{prompt}.input_ids"); prompt++)
        {
            if (!golden.Has($"{prompt}.logits"))
                continue;
            int[] ids = golden.Ids($"{prompt}.input_ids");
            using ListeningBackend listening = new(ops);
            golden.Compare(listening, prompt);
            using ForwardRun run = new(golden.Config, golden.Weights, listening, ids.Length);

            float[] expected = golden.Values($"{prompt}.logits");
            float[] actual = run.InChunks(ids, ids.Length)[^expected.Length..];
            largest = Math.Max(largest, KernelAssert.Close(expected, actual, LogitTolerance, $"{backend} {name} {prompt}.logits"));
        }

        TestContext.Current.SendDiagnosticMessage($"{backend} {name}: largest difference of a logit {largest:G3}");
    }

    [Theory, MemberData(nameof(Cases))]
    public void Greedy_answers_are_those_of_transformers_wherever_the_best_two_logits_differ(string backend, string name)
    {
        using IBackend ops = TransformerTests.Backend(backend);
        using Golden golden = new(name, ops);
        int compared = 0;

        for (int prompt = 0; golden.Has($"{prompt}.input_ids"); prompt++)
        {
            if (!golden.Has($"{prompt}.greedy_ids") || golden.SmallestGap(prompt) <= 0.002)
                continue;
            int[] ids = golden.Ids($"{prompt}.input_ids"), expected = golden.Ids($"{prompt}.greedy_ids");
            using ForwardRun run = new(golden.Config, golden.Weights, ops, ids.Length + expected.Length);

            Assert.Equal(expected, Greedy(run, ids, expected.Length, golden.Config.VocabSize));
            compared++;
        }

        Assert.True(compared > 0, $"{name} has no answer to compare");
    }

    [Fact]
    public void Twelve_thousand_tokens_with_the_frequencies_of_Llama_3_1()
    {
        Goldens.Shared("goldens/hf/llama-long");
        using IBackend ops = TransformerTests.Backend("cpu");
        using Golden golden = new("llama-long", ops);
        int[] ids = golden.Ids("0.input_ids");
        using ForwardRun run = new(golden.Config, golden.Weights, ops, ids.Length);
        KernelAssert.SameBits(golden.Values("rope.inv_freq"), golden.Weights.RopeFrequencies.Row<float>(0), "frequencies");

        float[] expected = golden.Values("0.logits_last");
        float[] actual = run.InChunks(ids, ids.Length)[^expected.Length..];

        double largest = KernelAssert.Close(expected, actual, LogitTolerance, "llama-long");
        TestContext.Current.SendDiagnosticMessage($"llama-long: largest difference of a logit {largest:G3}");
    }

    private static int[] Greedy(ForwardRun run, int[] ids, int count, int vocabulary)
    {
        List<int> answer = [];
        float[] logits = run.InChunks(ids, ids.Length)[^vocabulary..];
        while (true)
        {
            answer.Add(logits.IndexOf(logits.Max()));
            if (answer.Count == count)
                return [.. answer];
            logits = run.Forward((0, ids.Length + answer.Count - 1, [answer[^1]]))[0];
        }
    }

    private sealed class Golden : IDisposable
    {
        private readonly SafetensorsFile _expected;
        private readonly JsonElement _facts;

        public Golden(string name, IBackend ops)
        {
            string folder = name == "demo" ? Goldens.Demo : Goldens.Checkpoint(name);
            string results = name == "demo" ? Goldens.InRepository("tests/Data/demo") : folder;
            ModelFolder model = ModelFolder.Open(folder);
            Config = model.Config;
            Weights = WeightLoader.Load(model, ModelMode.Exact, ops);
            _expected = SafetensorsFile.Open(Path.Combine(results, "expected.safetensors"));
            _facts = JsonDocument.Parse(File.ReadAllText(Path.Combine(results, "expected.json"))).RootElement;
        }

        public ModelConfig Config { get; }

        public TransformerWeights Weights { get; }

        public bool Has(string key) => _expected.Table.Find(key) is not null;

        public float[] Values(string key) => _expected.ReadF32(key);

        public int[] Ids(string key) => [.. _expected.ReadI64(key).Select(id => (int)id)];

        public double SmallestGap(int prompt) =>
            _facts.GetProperty("prompts")[prompt].GetProperty("smallest_top2_gap").GetDouble();

        /// <summary>Has the residual stream and the attention patterns compared while a forward pass runs.</summary>
        public void Compare(ListeningBackend listening, int prompt)
        {
            int layer = 0;
            listening.OnMark = (point, at, value) =>
            {
                if (point is HookPoint.ResidPre or HookPoint.FinalNormed && Has($"{prompt}.hidden.{at}"))
                    KernelAssert.Close(Values($"{prompt}.hidden.{at}"), KernelAssert.Values(value), LogitTolerance, $"{prompt}.hidden.{at}");
            };
            listening.OnAttend = (rows, heads, cache, sequences) =>
            {
                string key = $"{prompt}.attention.{layer++}";
                if (!Has(key))
                    return;
                float[] expected = Values(key);
                int count = (int)rows.Rows;
                for (int i = 0; i < heads.HeadCount * count; i++)
                {
                    double[] pattern = Attention.Pattern(rows, heads, cache, sequences, 0, i % count, i / count);
                    float[] row = new float[count];
                    for (int p = 0; p < pattern.Length; p++)
                        row[p] = (float)pattern[p];
                    KernelAssert.Close(expected.AsSpan(i * count, count), row, PatternTolerance, $"{key} row {i}");
                }
            };
        }

        public void Dispose() => Weights.Dispose();
    }
}
