using System.Collections.Immutable;
using Puna.Kernels;
using Puna.Kernels.Cpu;
using Puna.Runtime.Models;

namespace Puna.TestKit.Soak;

/// <summary>What a case showed.</summary>
/// <param name="Case">Which.</param>
/// <param name="OpCount">Calls of ops that were compared with their definition.</param>
/// <param name="LogitCount">Logits that were compared.</param>
/// <param name="NoiseShare">How far the logits are from the reference's, of how far rounding moves them at all; 0 in exact modes.</param>
/// <param name="Problems">A sentence for each difference; none where all is right.</param>
public sealed record SoakOutcome(SoakCase Case, long OpCount, long LogitCount, double NoiseShare, ImmutableArray<string> Problems);

/// <summary>
/// Checks that a case gives right logits: the same bits in mixed batches and alone, and on any number of threads; every op
/// like its definition on the same inputs; and the whole like the reference, as far as rounding allows.
/// </summary>
/// <remarks>
/// The last needs a bound of its own. Where activations are rounded, an error of one F32 unit now and then moves a number across a
/// boundary, and it is rounded the other way: by a step of BF16, or of a byte's scale. What follows is rounded from slightly
/// different numbers, and so on; but however many steps fall the other way, each result is still a rounding of the same
/// exact computation. Two such roundings are no further apart than if they shared nothing: √2 times the distance (RMS) of either from
/// the exact one, which is measured here; another √2 is left to chance, since a case has few logits. A scale of the wrong
/// row, or a tail left out, is far beyond that; and what hides below it, the op-by-op comparison sees.
/// </remarks>
/// <param name="backend">Makes the backend that is checked, of some threads.</param>
public sealed class SoakRun(Func<SoakCase, int, IBackend> backend)
{
    private const double ErrorsPerOp = 8;   // standard deviations of a result's rounding error

    /// <summary>Checks the CPU backend.</summary>
    public static SoakRun OfCpu() => new(static (which, threads) => new CpuBackend(threads, which.Features));

    /// <summary>Runs a case.</summary>
    public SoakOutcome Check(SoakCase which)
    {
        List<string> problems = [];
        TransformerWeights stored = RandomModel.Weights(which.Config, which.Stored, which.Seed);
        using IBackend mixedOps = backend(which, which.Threads.Mixed), aloneOps = backend(which, which.Threads.Alone);
        TransformerWeights weights = Convert(stored, which, mixedOps.LayoutOf(which.Format));
        using ReferenceBackend reference = new();
        using LockstepBackend lockstep = new(aloneOps, problems.Add);

        float[][] mixed = Mixed(which, weights, mixedOps);
        float[][] alone = [.. which.Texts.Select(t => Alone(which, weights, lockstep, t, which.CacheType))];
        long ops = lockstep.OpCount;
        CompareBits(mixed, alone, which.Config.VocabSize, problems);
        float[][] expected = [.. which.Texts.Select(t => Alone(which, weights, reference, t, which.CacheType))];
        TransformerWeights unrounded = Map(weights, part => part with { Format = part.Format with { Activations = ActivationType.F32 } });
        float[][] exact = [.. which.Texts.Select(t => Alone(which, unrounded, reference, t, DType.F32))];

        double distance = Rms(mixed, expected), noise = Rms(expected, exact);
        int opsInARow = 10 * which.Config.LayerCount + 3;
        double allowed = 2 * noise + ErrorsPerOp * opsInARow * OpSpec.RoundingUnit * Rms(expected, null);
        if (!(distance <= allowed))
            problems.Add($"logits are {distance:G3} (RMS) from the reference's, but at most {allowed:G3} was expected: rounding moves them by {noise:G3}");
        return new SoakOutcome(which, ops, expected.Sum(e => (long)e.Length), noise > 0 ? distance / noise : 0, [.. problems]);
    }

    private static float[][] Mixed(SoakCase which, TransformerWeights weights, IBackend ops)
    {
        using ForwardRun run = new(which.Config, weights, ops, which.MaxTokens, which.Texts.Length, which.CacheType, which.BlockTokens, which.Seed);
        List<float>[] logits = [.. which.Texts.Select(_ => new List<float>())];
        foreach (SoakStep step in which.Steps)
        {
            float[][] rows = run.Forward([.. step.Pieces.Select(p =>
                (p.Sequence, p.FirstPosition, which.Texts[p.Sequence].AsSpan(p.FirstPosition, p.Count).ToArray()))]);
            for (int i = 0; i < rows.Length; i++)
                logits[step.Pieces[i].Sequence].AddRange(rows[i]);
        }

        return [.. logits.Select(l => l.ToArray())];
    }

    private static float[] Alone(SoakCase which, TransformerWeights weights, IBackend ops, int[] text, DType cacheType)
    {
        using ForwardRun run = new(which.Config, weights, ops, text.Length, cacheType: cacheType);
        return run.InChunks(text, text.Length);
    }

    private static void CompareBits(float[][] mixed, float[][] alone, int vocabulary, List<string> problems)
    {
        for (int s = 0; s < mixed.Length; s++)
        {
            for (int i = 0; i < mixed[s].Length; i++)
            {
                if (BitConverter.SingleToInt32Bits(mixed[s][i]) != BitConverter.SingleToInt32Bits(alone[s][i]))
                {
                    problems.Add($"sequence {s}, position {i / vocabulary}, logit {i % vocabulary} is {mixed[s][i]:R} in mixed batches, "
                        + $"but {alone[s][i]:R} alone: the same bits were expected");
                    break;
                }
            }
        }
    }

    /// <summary>Root mean square of differences, or of the numbers themselves.</summary>
    private static double Rms(float[][] numbers, float[][]? others)
    {
        double squares = 0;
        long count = 0;
        for (int s = 0; s < numbers.Length; s++)
        {
            for (int i = 0; i < numbers[s].Length; i++, count++)
            {
                double difference = numbers[s][i] - (double)(others?[s][i] ?? 0);
                squares += difference * difference;
            }
        }

        return Math.Sqrt(squares / count);
    }

    private static TransformerWeights Convert(TransformerWeights stored, SoakCase which, WeightLayout layout)
    {
        TransformerWeights weights = Map(stored, part =>
        {
            Part converted = Part.Allocate(which.Format, layout, part.Rows, part.Cols);
            converted.Fill(0, part.Codes);
            return converted;
        });
        // a tied head may be the embedding itself, in either layout
        return which.Config.IsTied && which.Format.ScaleGroups == 0 && which.Seed % 2 == 0
            ? weights with { Embedding = weights.LmHead.Parts[0] } : weights;
    }

    private static TransformerWeights Map(TransformerWeights weights, Func<Part, Part> change)
    {
        return weights with
        {
            Layers =
            [
                .. weights.Layers.Select(l => l with
                {
                    QueryKeyValue = Changed(l.QueryKeyValue), Output = Changed(l.Output), GateUp = Changed(l.GateUp), Down = Changed(l.Down),
                }),
            ],
            LmHead = Changed(weights.LmHead),
        };

        Linear Changed(Linear product) => product with { Parts = [.. product.Parts.Select(change)] };
    }
}
