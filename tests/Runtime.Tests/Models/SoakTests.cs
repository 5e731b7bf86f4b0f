using System.Collections.Immutable;
using Puna.Kernels;
using Puna.Kernels.Cpu;
using Puna.TestKit.Soak;

namespace Puna.Runtime.Tests.Models;

/// <summary>A few cases of the soak that <c>bench</c> runs for as long as one likes, and mistakes that it must see.</summary>
public class SoakTests
{
    [Fact]
    public void Random_models_in_random_modes_and_batches_agree_with_the_reference()
    {
        SoakRun run = SoakRun.OfCpu();
        SoakTally tally = new();
        for (int seed = 1; seed <= 8; seed++)
        {
            SoakOutcome outcome = run.Check(new SoakCase(seed));
            tally.Add(outcome);

            Assert.True(outcome.Problems.IsEmpty, $"case {seed} ({outcome.Case}): {outcome.Problems.FirstOrDefault()}");
            Assert.True(outcome.OpCount > 10 && outcome.LogitCount > 0);
        }

        Assert.StartsWith("8 cases in ", tally.ToString(), StringComparison.Ordinal);
        Assert.EndsWith(", 0 differences", tally.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_case_follows_from_its_seed_and_feeds_every_token_once()
    {
        for (int seed = 0; seed < 50; seed++)
        {
            SoakCase which = new(seed);

            Assert.Equal(which.ToString(), new SoakCase(seed).ToString());
            for (int s = 0; s < which.Texts.Length; s++)
            {
                ImmutableArray<(int Sequence, int First, int Count)> pieces = [.. which.Steps.SelectMany(t => t.Pieces).Where(p => p.Sequence == s)];
                Assert.Equal(which.Texts[s].Length, pieces.Sum(p => p.Count));
                Assert.Equal(pieces.Select((_, i) => pieces.Take(i).Sum(p => p.Count)), pieces.Select(p => p.First));
            }
        }
    }

    /// <summary>One last column wrong by a thousandth; one bit that depends on the number of rows; a key in the wrong slot.</summary>
    [Theory]
    [InlineData(Mistake.LastColumn, "mat_mul ")]
    [InlineData(Mistake.ManyRows, "the same bits were expected")]
    [InlineData(Mistake.Slot, "kv_store, ")]
    public void A_small_mistake_of_a_backend_is_found(Mistake mistake, string said)
    {
        SoakRun run = new((which, threads) => new MistakenBackend(new CpuBackend(threads, which.Features), mistake));

        SoakOutcome outcome = run.Check(new SoakCase(3));

        Assert.Contains(outcome.Problems, p => p.Contains(said, StringComparison.Ordinal));
    }

    public enum Mistake
    {
        LastColumn,
        ManyRows,
        Slot,
    }

    private sealed class MistakenBackend(IBackend inner, Mistake mistake) : IBackend
    {
        public WeightLayout LayoutOf(PartFormat format) => inner.LayoutOf(format);

        public ActivationType FastestActivations(DType weights) => inner.FastestActivations(weights);

        public IBackend CreateRecorder() => this;

        public void Flush() => inner.Flush();

        public void Embed(Part table, Tensor ids, Tensor y) => inner.Embed(table, ids, y);

        public void GatherRows(Tensor table, Tensor rows, Tensor y) => inner.GatherRows(table, rows, y);

        public void RmsNorm(Tensor x, Tensor weight, float epsilon, Tensor y) => inner.RmsNorm(x, weight, epsilon, y);

        public void MatMul(Tensor x, Linear weight, Tensor y)
        {
            inner.MatMul(x, weight, y);
            ref float last = ref y.Row<float>(0)[^1];
            if (mistake == Mistake.LastColumn)
                last *= 1.001f;
            if (mistake == Mistake.ManyRows && x.Rows > 1)
                last = MathF.BitIncrement(last);
        }

        public void Rope(Tensor queryKeyValue, HeadLayout heads, Tensor frequencies, Tensor positions) =>
            inner.Rope(queryKeyValue, heads, frequencies, positions);

        public void StoreKv(Tensor queryKeyValue, HeadLayout heads, Tensor slots, KvLayer cache)
        {
            inner.StoreKv(queryKeyValue, heads, slots, cache);
            if (mistake == Mistake.Slot)
                cache.Values.Buffer.Span<byte>(cache.Values.Offset, 4).Fill(1);
        }

        public void Attend(Tensor queryKeyValue, HeadLayout heads, KvLayer cache, SequenceTable sequences, Tensor mixed) =>
            inner.Attend(queryKeyValue, heads, cache, sequences, mixed);

        public void SiluMul(Tensor gateUp, Tensor y) => inner.SiluMul(gateUp, y);

        public void Add(Tensor x, Tensor y) => inner.Add(x, y);

        public int Sample(ReadOnlySpan<float> logits, in SamplingParameters parameters, ReadOnlySpan<PreviousToken> history,
            ReadOnlySpan<TokenBias> bias, SampleKey key, SampleScratch scratch) =>
            inner.Sample(logits, parameters, history, bias, key, scratch);

        public void Mark(HookPoint point, int layer, Tensor value) => inner.Mark(point, layer, value);

        public void Dispose() => inner.Dispose();
    }
}
