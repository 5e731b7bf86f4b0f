namespace Puna.Kernels.Gpu;

/// <summary>A target architecture of PTX, as in <c>.target sm_90a</c>.</summary>
/// <param name="Major">Major compute capability.</param>
/// <param name="Minor">Minor compute capability.</param>
/// <param name="IsSpecific">The instructions of this chip alone are allowed too (the suffix <c>a</c>); such code runs nowhere else.</param>
public readonly record struct GpuArch(int Major, int Minor, bool IsSpecific = false) : IComparable<GpuArch>
{
    /// <summary>A100.</summary>
    public static GpuArch Sm80 { get; } = new(8, 0);

    /// <summary>Consumer Ampere.</summary>
    public static GpuArch Sm86 { get; } = new(8, 6);

    /// <summary>Ada: the first with e4m3 conversions.</summary>
    public static GpuArch Sm89 { get; } = new(8, 9);

    /// <summary>Hopper, what later chips keep: bulk copies, clusters, transaction barriers.</summary>
    public static GpuArch Sm90 { get; } = new(9, 0);

    /// <summary>Hopper with wgmma and setmaxnreg: H100, H200.</summary>
    public static GpuArch Sm90a { get; } = new(9, 0, IsSpecific: true);

    /// <summary>Reads <c>sm_80</c> or <c>sm_90a</c>.</summary>
    /// <exception cref="FormatException">The text is not such a name.</exception>
    public static GpuArch Parse(string text)
    {
        string digits = text.StartsWith("sm_", StringComparison.Ordinal) ? text[3..].TrimEnd('a') : "";
        bool specific = text.EndsWith('a');
        if (digits.Length is 2 or 3 && text.Length == 3 + digits.Length + (specific ? 1 : 0) && int.TryParse(digits, out int number))
            return new GpuArch(number / 10, number % 10, specific);
        throw new FormatException($"GpuArch: '{text}' is no architecture, but a name like sm_80 or sm_90a was expected.");
    }

    /// <summary>Shared memory that one block may have, in bytes: CUDA programming guide, technical specifications per compute capability.</summary>
    public int SharedBytesPerBlock => (Major, Minor) switch
    {
        (8, 0) or (8, 7) => 163 * 1024,
        (8, _) => 99 * 1024,
        ( >= 9, _) => 227 * 1024,
        _ => 48 * 1024,
    };

    /// <summary>Whether code for <paramref name="target"/> runs on a device of this architecture.</summary>
    public bool Runs(GpuArch target) => target.IsSpecific ? target == this : CompareTo(target) >= 0;

    /// <summary>By compute capability; the specific one is the larger of two.</summary>
    public int CompareTo(GpuArch other) =>
        (Major, Minor, IsSpecific).CompareTo((other.Major, other.Minor, other.IsSpecific));

    /// <summary>Whether <paramref name="a"/> has less than <paramref name="b"/>.</summary>
    public static bool operator <(GpuArch a, GpuArch b) => a.CompareTo(b) < 0;

    /// <summary>Whether <paramref name="a"/> has more than <paramref name="b"/>.</summary>
    public static bool operator >(GpuArch a, GpuArch b) => a.CompareTo(b) > 0;

    /// <summary>Whether <paramref name="a"/> has at most what <paramref name="b"/> has.</summary>
    public static bool operator <=(GpuArch a, GpuArch b) => a.CompareTo(b) <= 0;

    /// <summary>Whether <paramref name="a"/> has at least what <paramref name="b"/> has.</summary>
    public static bool operator >=(GpuArch a, GpuArch b) => a.CompareTo(b) >= 0;

    /// <summary>The name in PTX: <c>sm_90a</c>.</summary>
    public override string ToString() => $"sm_{Major}{Minor}{(IsSpecific ? "a" : "")}";
}
