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

/// <summary>How a model is loaded and run.</summary>
public sealed record ModelOptions
{
    /// <summary>What executes it.</summary>
    /// <value><see cref="BackendKind.Cpu"/>.</value>
    public BackendKind Backend { get; init; } = BackendKind.Cpu;

    /// <summary>Threads that compute, at least 1; their number changes no result.</summary>
    /// <value>As many as the machine has cores.</value>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>How weights are brought into memory.</summary>
    public LoadOptions Loading { get; init; } = new();
}
