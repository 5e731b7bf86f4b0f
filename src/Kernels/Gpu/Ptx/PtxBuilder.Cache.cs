using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

/// <summary>How long the second-level cache keeps what an access touched.</summary>
public enum L2Eviction
{
    /// <summary>Given up first: data that is read once.</summary>
    First,

    /// <summary>Given up last: data that every block reads.</summary>
    Last,

    /// <summary>As other data.</summary>
    Normal,
}

public sealed partial class PtxBuilder
{
    /// <summary>A policy for <see cref="AccessOptions.Policy"/> and bulk copies (<c>createpolicy.fractional</c>).</summary>
    /// <param name="eviction">Of all that is accessed with it.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public U64 CachePolicy(L2Eviction eviction, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        string name = eviction switch
        {
            L2Eviction.First => "evict_first",
            L2Eviction.Last => "evict_last",
            _ => "evict_unchanged",
        };
        string opcode = $"createpolicy.fractional.L2::{name}.b64";
        Require(opcode, 74, GpuArch.Sm80);
        U64 policy = Result<U64>(opcode, "1.0").Named("policy");
        At(file, line);
        return policy;
    }
}
