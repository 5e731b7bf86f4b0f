namespace Puna.Kernels;

/// <summary>What becomes of many numbers.</summary>
public enum Reduction
{
    /// <summary>Their sum.</summary>
    Sum,

    /// <summary>The largest; NaN counts as no number, and of nothing the largest is −∞.</summary>
    Max,
}
