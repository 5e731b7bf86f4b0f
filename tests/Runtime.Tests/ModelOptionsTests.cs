using Puna.Kernels;
using Puna.Kernels.Cpu;
using Puna.Runtime.Loading;
using Puna.Runtime.Models;
using Puna.TestKit;

namespace Puna.Runtime.Tests;

public sealed class ModelOptionsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(null, null, null, null, ActivationType.BF16, DType.BF16)]
    [InlineData(DType.BF16, null, null, DType.BF16, ActivationType.BF16, DType.BF16)]
    [InlineData(null, ActivationType.F32, null, null, ActivationType.F32, DType.F32)]
    [InlineData(null, ActivationType.F32, DType.BF16, null, ActivationType.F32, DType.BF16)]
    [InlineData(null, null, DType.F32, null, ActivationType.BF16, DType.F32)]
    [InlineData(DType.F8E4M3, null, null, DType.F8E4M3, ActivationType.BF16, DType.BF16)]
    [InlineData(DType.I8, null, null, DType.I8, ActivationType.I8, DType.BF16)]
    [InlineData(DType.I8, ActivationType.BF16, null, DType.I8, ActivationType.BF16, DType.BF16)]
    [InlineData(DType.I8, ActivationType.F32, null, DType.I8, ActivationType.F32, DType.F32)]
    public void Defaults_of_a_checkpoint_in_BF16_are_the_fastest_for_its_weights(
        DType? weights, ActivationType? activations, DType? cache, DType? type, ActivationType met, DType kept) =>
        Assert.Equal(new ModelMode(type, met, kept),
            Mode(SafetensorsDType.BF16, new ModelOptions { Weights = weights, Activations = activations, CacheType = cache }));

    [Theory]
    [InlineData(SafetensorsDType.F32)]
    [InlineData(SafetensorsDType.F16)]
    public void Defaults_of_finer_checkpoints_round_nothing(SafetensorsDType stored)
    {
        Assert.Equal(ModelMode.Exact, Mode(stored, new ModelOptions()));
        Assert.Equal(new ModelMode(DType.BF16, ActivationType.BF16, DType.BF16),
            Mode(stored, new ModelOptions { Weights = DType.BF16 }));
    }

    [Fact]
    public void One_finer_tensor_keeps_a_model_exact() => Assert.Equal(ModelMode.Exact, Mode(SafetensorsDType.F16, new ModelOptions(), tensors: 1));

    [Fact]
    public void Backend_without_faster_code_rounds_nothing()
    {
        using ReferenceBackend reference = new();

        Assert.Equal(ModelMode.Exact, new ModelOptions().ModeFor(ModelFolder.Open(Goldens.Demo), reference));
    }

    [Fact]
    public void Exact_is_exact() => Assert.Equal(ModelMode.Exact, Mode(SafetensorsDType.BF16, ModelOptions.Exact));

    [Theory]
    [InlineData(SafetensorsDType.BF16, DType.F32, null, null, "weights: F32 was asked for, but BF16, F8E4M3 or I8 was expected. "
        + "Ask for one of these, or leave them as they are stored.")]
    [InlineData(SafetensorsDType.BF16, null, ActivationType.I8, null, "activations: I8 was asked for with weights in BF16 as stored, "
        + "but weights in I8 were expected (a product of bytes needs both in bytes). Ask for weights in I8 too, or for activations in "
        + "BF16 or F32.")]
    [InlineData(SafetensorsDType.BF16, DType.F8E4M3, ActivationType.I8, null, "activations: I8 was asked for with weights in F8E4M3, "
        + "but weights in I8 were expected (a product of bytes needs both in bytes). Ask for weights in I8 too, or for activations in "
        + "BF16 or F32.")]
    [InlineData(SafetensorsDType.F16, null, ActivationType.BF16, null, "activations: BF16 was asked for with weights in F16 as stored, "
        + "but weights in BF16, F8E4M3 or I8 were expected (rounding finer weights' activations gains nothing). Ask for weights in "
        + "BF16 too, or for activations in F32.")]
    [InlineData(SafetensorsDType.BF16, null, null, DType.F16, "cache: F16 was asked for, but F32, BF16 or I8 was expected. Ask for one of these.")]
    public void What_does_not_go_together_is_refused_with_a_sentence(
        SafetensorsDType stored, DType? weights, ActivationType? activations, DType? cache, string sentence)
    {
        ModelOptions options = new() { Weights = weights, Activations = activations, CacheType = cache };

        Assert.Equal(sentence, Assert.Throws<ArgumentException>(() => Mode(stored, options)).Message);
    }

    [Fact]
    public void Weights_in_bytes_have_a_scale_for_each_row_and_segment_and_others_one_or_none()
    {
        ModelMode mode = new(null, ActivationType.BF16, DType.BF16);

        Assert.Equal(new PartFormat(DType.I8, ActivationType.BF16, 8), (mode with { Weights = DType.I8 }).FormatOf(DType.BF16));
        Assert.Equal(new PartFormat(DType.F8E4M3, ActivationType.BF16, 1), (mode with { Weights = DType.F8E4M3 }).FormatOf(DType.F32));
        Assert.Equal(new PartFormat(DType.BF16, ActivationType.BF16), mode.FormatOf(DType.BF16));
        Assert.Equal(new PartFormat(DType.F16), mode.FormatOf(DType.F16));
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData(DType.F8E4M3, null)]
    [InlineData(DType.I8, null)]
    [InlineData(DType.I8, ActivationType.F32)]
    public void Every_mode_answers(DType? weights, ActivationType? activations)
    {
        using LanguageModel model = LanguageModel.Load(TinyModel.Llama().Write(_folder.Path),
            new ModelOptions { Backend = BackendKind.Reference, Weights = weights, Activations = activations });

        Assert.Equal(5, model.Generate(model.Request([1, 5, 9], maxTokens: 5) with { StopIds = [] }).Ids.Length);
    }

    private ModelMode Mode(SafetensorsDType stored, ModelOptions options, int tensors = int.MaxValue)
    {
        TinyModel model = TinyModel.Llama();
        string[] products = [.. model.Tensors.Keys.Where(n => !n.Contains("norm", StringComparison.Ordinal)).Take(tensors)];
        foreach (string name in products)
            model.Tensors[name] = model.Tensors[name] with { DType = stored };
        using CpuBackend cpu = new(threads: 1);
        using ListeningBackend fast = new(cpu)
        {
            Fastest = static weights => weights == DType.I8 ? ActivationType.I8 : ActivationType.BF16,   // as if it had code for all
        };
        return options.ModeFor(ModelFolder.Open(model.Write(_folder.Path)), fast);
    }
}
