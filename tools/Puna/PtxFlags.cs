using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Puna.Kernels.Gpu;

namespace Puna.Tools;

/// <summary>Options with extents.</summary>
internal static class PtxFlags
{
    /// <summary>One to three sizes, as in <c>7</c> or <c>32,8</c>; null where it is not given.</summary>
    public static Option<GpuDim?> Dim(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "X[,Y[,Z]]",
        CustomParser = result => Parse(result, name),
    };

    private static GpuDim? Parse(ArgumentResult result, string name)
    {
        string text = result.Tokens[0].Value;
        int[] sizes = [.. text.Split(',').Select(s =>
            int.TryParse(s, NumberStyles.None, CultureInfo.InvariantCulture, out int size) ? size : 0)];
        if (sizes.Length <= 3 && sizes.All(s => s > 0))
            return new GpuDim(sizes[0], sizes.Length > 1 ? sizes[1] : 1, sizes.Length > 2 ? sizes[2] : 1);
        result.AddError($"{name}: '{text}' was given, but one to three whole numbers of at least 1 were expected, as in 32,8.");
        return null;
    }
}
