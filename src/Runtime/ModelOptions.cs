using Puna.Kernels;
using Puna.Runtime.Loading;
using Puna.Runtime.Models;

namespace Puna.Runtime;

/// <summary>What executes a model.</summary>
public enum BackendKind
{
    /// <summary>SIMD on all cores.</summary>
    Cpu,

    /// <summary>The definitions: scalar, double precision, slow.</summary>
    Reference,
}

/// <summary>What is loaded beside the weights.</summary>
public enum TextUse
{
    /// <summary>Tokenizer and chat template, where the folder has them.</summary>
    Tokenizer,

    /// <summary>Neither: ids go in and out, and a tokenizer that can't be read does no harm.</summary>
    IdsOnly,
}

/// <summary>How a model is loaded and run.</summary>
public sealed record ModelOptions
{
    /// <summary>
    /// Weights as stored, activations and cache in F32: what recorded results are compared with. The defaults round
    /// where that is faster, and no further than the model's makers do who run it in BF16.
    /// </summary>
    public static ModelOptions Exact { get; } = new() { Activations = ActivationType.F32, CacheType = DType.F32 };

    /// <summary>What executes it.</summary>
    /// <value><see cref="BackendKind.Cpu"/>.</value>
    public BackendKind Backend { get; init; } = BackendKind.Cpu;

    /// <summary>Threads that compute, at least 1; their number changes no result.</summary>
    /// <value>As many as the machine has cores.</value>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>
    /// What weights of products are converted to when they are loaded: BF16, or codes with scales in F8E4M3 or I8.
    /// Gains, biases and the embedding stay as they are stored.
    /// </summary>
    /// <value>Null: as they are stored.</value>
    public DType? Weights { get; init; }

    /// <summary>How products read activations; I8 needs weights in I8, BF16 weights in BF16, F8E4M3 or I8.</summary>
    /// <value>
    /// Null: what is fastest for the weights on this machine, <see cref="IBackend.FastestActivations"/>; F32 for weights in
    /// F32 or F16.
    /// </value>
    public ActivationType? Activations { get; init; }

    /// <summary>Dtype of cached keys and values: F32, BF16 or I8.</summary>
    /// <value>Null: F32 when activations are F32, else BF16.</value>
    public DType? CacheType { get; init; }

    /// <summary>Whether text is read and written, or ids alone.</summary>
    /// <value><see cref="TextUse.Tokenizer"/>.</value>
    public TextUse Text { get; init; } = TextUse.Tokenizer;

    /// <summary>How weights are brought into memory.</summary>
    public LoadOptions Loading { get; init; } = new();

    /// <summary>In what a model's numbers are kept and met under these options.</summary>
    /// <param name="folder">The model.</param>
    /// <param name="ops">What will execute it.</param>
    /// <exception cref="ArgumentException">The options do not go together; the message says why.</exception>
    public ModelMode ModeFor(ModelFolder folder, IBackend ops) => ModelDefaults.Mode(folder, this, ops);
}
