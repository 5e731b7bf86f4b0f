using System.Collections.Immutable;
using Puna.Kernels;
using Puna.Kernels.Cpu;
using Puna.Runtime.Models;

namespace Puna.TestKit.Soak;

/// <summary>One step of a case: pieces of sequences that share a batch.</summary>
/// <param name="Pieces">Sequence, position of the first token, tokens; each sequence at most once.</param>
public sealed record SoakStep(ImmutableArray<(int Sequence, int FirstPosition, int Count)> Pieces);

/// <summary>A small random model, a mode, and random batches; all of it follows from the seed.</summary>
public sealed class SoakCase
{
    private static readonly ImmutableArray<PartFormat> Formats =
    [
        new(DType.F32), new(DType.BF16), new(DType.F16),
        new(DType.F32, ActivationType.BF16), new(DType.BF16, ActivationType.BF16), new(DType.F16, ActivationType.BF16),
        .. from activations in Enum.GetValues<ActivationType>() from groups in new[] { 1, Segments.Count } select new PartFormat(DType.I8, activations, groups),
        new(DType.F8E4M3, ActivationType.F32, 1), new(DType.F8E4M3, ActivationType.BF16, 1),
    ];

    private readonly Random _random;

    /// <summary>Draws a case.</summary>
    /// <param name="seed">The same seed gives the same case on every machine.</param>
    public SoakCase(int seed)
    {
        Seed = seed;
        _random = new Random(seed);
        Format = Pick(Formats.AsSpan());
        CacheType = Pick<DType>(DType.F32, DType.BF16, DType.I8);
        Stored = Format.ScaleGroups > 0 ? Pick<DType>(DType.F32, DType.BF16) : Format.DType;
        Config = DrawConfig();
        Threads = (_random.Next(1, 5), _random.Next(1, 5));
        BlockTokens = Pick(16, 32, 48);
        Features = DrawFeatures();
        Texts = [.. Enumerable.Range(0, _random.Next(1, 7)).Select(_ => DrawText())];
        Steps = DrawSteps();
    }

    /// <summary>What everything follows from.</summary>
    public int Seed { get; }

    /// <summary>The model's shape.</summary>
    public ModelConfig Config { get; }

    /// <summary>What weights are kept in, and how activations meet them.</summary>
    public PartFormat Format { get; }

    /// <summary>What weights were before they were converted; the embedding still is.</summary>
    public DType Stored { get; }

    /// <summary>Dtype of cached keys and values.</summary>
    public DType CacheType { get; }

    /// <summary>Threads of the two runs that must agree.</summary>
    public (int Mixed, int Alone) Threads { get; }

    /// <summary>Slots of a cache block.</summary>
    public int BlockTokens { get; }

    /// <summary>Instructions that machine code may use.</summary>
    public X64Features Features { get; }

    /// <summary>The tokens of each sequence.</summary>
    public ImmutableArray<int[]> Texts { get; }

    /// <summary>The batches, which together feed every token of every sequence once.</summary>
    public ImmutableArray<SoakStep> Steps { get; }

    /// <summary>Tokens of the longest sequence.</summary>
    public int MaxTokens => Texts.Max(t => t.Length);

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Format} stored {Stored}, cache {CacheType}, {Config.LayerCount} layers, hidden {Config.HiddenSize}, MLP {Config.IntermediateSize}, "
        + $"heads {Config.Heads.HeadCount}/{Config.Heads.KvHeadCount} of {Config.Heads.HeadDim}, window {Config.SlidingWindow?.ToString() ?? "none"}, "
        + $"biases {Config.Biases}, {(Config.IsTied ? "tied" : "untied")}, {Texts.Length} sequences, {Steps.Length} batches, "
        + $"{Threads.Mixed} and {Threads.Alone} threads";

    private ModelConfig DrawConfig()
    {
        int kvHeads = _random.Next(1, 5), headDim = Pick(8, 16, 32, 34, 64, 80, 128);
        int group = Math.Max(1, Math.Min(Pick(1, 2, 3, 4, 8), 512 / (kvHeads * headDim)));
        return RandomModel.Config with
        {
            VocabSize = _random.Next(33, 160),
            HiddenSize = Pick(_random.Next(16, 200), 64, 128, 256),
            IntermediateSize = Pick(_random.Next(16, 300), 96, 256, 1040),
            LayerCount = _random.Next(1, 4),
            Heads = new HeadLayout(kvHeads * group, kvHeads, headDim),
            SlidingWindow = _random.Next(3) == 0 ? _random.Next(1, 40) : null,
            Biases = (Biases)_random.Next(8),
            IsTied = _random.Next(2) == 0,
        };
    }

    // now and then a machine that has less
    private X64Features DrawFeatures()
    {
        X64Features all = X64Features.Detect();
        return _random.Next(6) switch
        {
            0 => X64Features.None,
            1 => all with { BF16 = false, Vnni = false },
            _ => all,
        };
    }

    private int[] DrawText() =>
        [.. Enumerable.Range(0, _random.Next(4) == 0 ? _random.Next(1, 4) : _random.Next(1, 60)).Select(_ => _random.Next(Config.VocabSize))];

    /// <summary>Each step takes some sequences in random order, one token of them or more.</summary>
    private ImmutableArray<SoakStep> DrawSteps()
    {
        var steps = ImmutableArray.CreateBuilder<SoakStep>();
        int[] fed = new int[Texts.Length];
        while (Enumerable.Range(0, fed.Length).Any(s => fed[s] < Texts[s].Length))
        {
            var pieces = ImmutableArray.CreateBuilder<(int, int, int)>();
            int[] order = [.. Enumerable.Range(0, fed.Length)];
            _random.Shuffle(order);
            foreach (int sequence in order)
            {
                int left = Texts[sequence].Length - fed[sequence];
                if (left == 0 || _random.Next(4) == 0)
                    continue;
                int count = Math.Min(left, _random.Next(3) == 0 ? _random.Next(1, 40) : Pick(1, 1, 2, 7));
                pieces.Add((sequence, fed[sequence], count));
                fed[sequence] += count;
            }

            if (pieces.Count > 0)
                steps.Add(new SoakStep(pieces.ToImmutable()));
        }

        return steps.ToImmutable();
    }

    private T Pick<T>(params ReadOnlySpan<T> values) => values[_random.Next(values.Length)];
}
