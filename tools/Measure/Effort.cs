namespace Puna.Tools.Measure;

/// <summary>How long to measure.</summary>
/// <param name="LeastSamples">Samples of each figure at least.</param>
/// <param name="RoofTime">How long each roof is tried.</param>
/// <param name="OpTime">How long each op is sampled.</param>
/// <param name="MostTime">When sampling an op ends whatever the number of samples.</param>
internal sealed record Effort(int LeastSamples, TimeSpan RoofTime, TimeSpan OpTime, TimeSpan MostTime)
{
    /// <summary>Half a second for each op.</summary>
    public static Effort Full { get; } = new(10, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(15));

    /// <summary>Figures to look at, not to quote.</summary>
    public static Effort Quick { get; } = new(3, TimeSpan.FromSeconds(0.05), TimeSpan.FromSeconds(0.05), TimeSpan.FromSeconds(2));
}
