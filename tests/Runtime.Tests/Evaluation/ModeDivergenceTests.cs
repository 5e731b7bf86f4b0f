using System.Text.Json;
using Puna.Kernels;
using Puna.Runtime.Scheduling;
using Puna.TestKit;

namespace Puna.Runtime.Tests.Evaluation;

/// <summary>
/// How far each mode is from F32: the mean over 1,000 positions of the KL divergence of what follows. The reference is the
/// divergence of the reference implementation's own inference in bfloat16.
/// </summary>
[Collection(DemoTests.Name)]
public class ModeDivergenceTests(DemoModel demo, ModeDivergenceTests.Recorded recorded) : IClassFixture<ModeDivergenceTests.Recorded>
{
    private const int Positions = 1001;   // the begin-of-text token is one

    // Nats: half again of what was measured, 5.7E-5, 4.8E-3 and 7.2E-4.
    public static TheoryData<DType?, ActivationType?, double> Modes => new()
    {
        { null, ActivationType.BF16, 8.5e-5 },
        { DType.F8E4M3, null, 7.2e-3 },
        { DType.I8, null, 1.1e-3 },
    };

    [Fact]
    public void Default_is_no_further_from_F32_than_bfloat16_of_the_reference_implementation()
    {
        double divergence = Divergence(demo.Model);

        Assert.InRange(divergence, 0, Bfloat16);
    }

    [Theory, MemberData(nameof(Modes))]
    public void Every_mode_stays_near_F32(DType? weights, ActivationType? activations, double limit)
    {
        using LanguageModel model = LanguageModel.Load(Goldens.Demo,
            new ModelOptions { Threads = 2, Weights = weights, Activations = activations });

        double divergence = Divergence(model);

        TestContext.Current.SendDiagnosticMessage($"{model.Mode}: {divergence:G3} nats");
        Assert.InRange(divergence, 1e-7, limit);   // not zero: the mode rounds
    }

    private static double Bfloat16 => JsonDocument.Parse(File.ReadAllText(Goldens.Shared("goldens/demo-bf16-kl.json"))).RootElement
        .GetProperty("modes").GetProperty("bfloat16").GetProperty("mean_kl_nats").GetDouble();

    private double Divergence(LanguageModel model) =>
        recorded.Expected.Zip(Logits(model, recorded.Ids), Divergence).Average();

    private static float[][] Logits(LanguageModel model, int[] ids)
    {
        List<float[]> rows = [];
        using Scorer scorer = model.CreateScorer(ids.Length);
        scorer.Run(ids, (_, logits) =>
        {
            for (int row = 0; row < logits.Rows; row++)
                rows.Add(logits.Row<float>(row).ToArray());
        });
        return [.. rows];
    }

    /// <summary>Σ p·(ln p − ln q).</summary>
    private static double Divergence(float[] expected, float[] actual)
    {
        double logP = LogSum(expected), logQ = LogSum(actual), sum = 0;
        for (int i = 0; i < expected.Length; i++)
            sum += Math.Exp(expected[i] - logP) * (expected[i] - logP - (actual[i] - logQ));
        return sum;
    }

    private static double LogSum(float[] logits)
    {
        double largest = logits.Max();
        return largest + Math.Log(logits.Sum(l => Math.Exp(l - largest)));
    }

    /// <summary>The text, and what the exact mode makes of it; found when it is asked for, since that may skip a test.</summary>
    public sealed class Recorded(DemoModel demo)
    {
        private readonly Lazy<(int[] Ids, float[][] Expected)> _found = new(() =>
        {
            using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(Goldens.Shared("goldens/perplexity.json")));
            string text = golden.RootElement.GetProperty("text").GetString()!;   // the file has one
            int[] ids = [.. demo.Exact.EncodeText(text).Take(Positions)];
            return (ids, Logits(demo.Exact, ids));
        });

        public int[] Ids => _found.Value.Ids;

        public float[][] Expected => _found.Value.Expected;
    }
}
