namespace Puna.Tools.Measure;

/// <summary>A rate of one thread, and of all threads together.</summary>
/// <param name="One">Of one thread alone, in 10⁹ per second.</param>
/// <param name="All">Of all together, in 10⁹ per second.</param>
internal sealed record Peak(double One, double All);
