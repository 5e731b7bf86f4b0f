using Puna.Kernels;
using Puna.Runtime.Loading;

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
    /// <summary>What executes it.</summary>
    /// <value><see cref="BackendKind.Cpu"/>.</value>
    public BackendKind Backend { get; init; } = BackendKind.Cpu;

    /// <summary>Threads that compute, at least 1; their number changes no result.</summary>
    /// <value>As many as the machine has cores.</value>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Dtype of cached keys and values: F32, BF16 or I8.</summary>
    /// <value>F32, exact.</value>
    public DType CacheType { get; init; } = DType.F32;

    /// <summary>Whether text is read and written, or ids alone.</summary>
    /// <value><see cref="TextUse.Tokenizer"/>.</value>
    public TextUse Text { get; init; } = TextUse.Tokenizer;

    /// <summary>How weights are brought into memory.</summary>
    public LoadOptions Loading { get; init; } = new();
}
