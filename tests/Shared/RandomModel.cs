using Puna.Kernels;
using Puna.Runtime.Models;

namespace Puna.TestKit;

/// <summary>A small decoder with seeded random weights, in memory.</summary>
public static class RandomModel
{
    /// <summary>Two layers, six query heads in two groups, no dimension a multiple of 16 but the head's.</summary>
    public static ModelConfig Config { get; } = new()
    {
        Architecture = "LlamaForCausalLM",
        VocabSize = 61,
        HiddenSize = 40,
        IntermediateSize = 52,
        LayerCount = 2,
        Heads = new HeadLayout(HeadCount: 6, KvHeadCount: 2, HeadDim: 16),
        ContextLength = 1024,
        NormEpsilon = 1e-5f,
        Rope = new RopeConfig(Theta: 10_000),
    };

    /// <summary>Weights whose products keep the variance of what goes in; norms around 1.</summary>
    public static TransformerWeights Weights(ModelConfig config, DType type = DType.F32, int seed = 1)
    {
        SeededValues values = new(seed);
        Part embedding = new(Matrix(config.VocabSize, config.HiddenSize, scale: 1));
        return new TransformerWeights(
            embedding,
            [.. Enumerable.Range(0, config.LayerCount).Select(_ => Layer())],
            Norm(),
            config.IsTied ? new Linear([embedding]) : new Linear(Matrix(config.VocabSize, config.HiddenSize)),
            Frequencies(config),
            Owned: []);

        LayerWeights Layer() => new(
            Norm(),
            Product(Biases.QueryKeyValue, config.HiddenSize, config.Heads.QuerySize, config.Heads.KvSize, config.Heads.KvSize),
            Product(Biases.Output, config.Heads.QuerySize, config.HiddenSize),
            Norm(),
            Product(Biases.Mlp, config.HiddenSize, config.IntermediateSize, config.IntermediateSize),
            Product(Biases.Mlp, config.IntermediateSize, config.HiddenSize));

        Linear Product(Biases flag, int inSize, params int[] outSizes) => new(
            [.. outSizes.Select(size => new Part(Matrix(size, inSize)))],
            config.Biases.HasFlag(flag) ? values.Normal(DType.F32, 1, outSizes.Sum()) : null);

        Tensor Matrix(int rows, int cols, double scale = 0) =>
            values.Normal(type, rows, cols, scale == 0 ? 1 / Math.Sqrt(cols) : scale);

        Tensor Norm()
        {
            Tensor norm = values.Normal(DType.F32, 1, config.HiddenSize, scale: 0.1);
            foreach (ref float gain in norm.Row<float>(0))
                gain += 1;
            return norm;
        }
    }

    private static Tensor Frequencies(ModelConfig config)
    {
        Tensor frequencies = Tensor.Allocate(DType.F32, 1, config.Heads.HeadDim / 2);
        for (int j = 0; j < frequencies.Cols; j++)
            frequencies.Set(0, j, (float)Math.Pow(config.Rope.Theta, -2.0 * j / config.Heads.HeadDim));
        return frequencies;
    }
}
