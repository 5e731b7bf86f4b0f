namespace Puna.Kernels.Tests.Gpu.Ptx;

/// <summary>Every construct of the language, each with a golden text, assembled for its targets and run in the emulator.</summary>
internal static class Constructs
{
    public static readonly Construct[] All =
    [
        .. IntegerConstructs.All, .. FloatConstructs.All, .. PackedConstructs.All, .. ConvertConstructs.All, .. MemoryConstructs.All,
        .. ControlConstructs.All, .. WarpConstructs.All, .. MatrixConstructs.All, .. AsyncConstructs.All, .. WgmmaConstructs.All,
    ];

    public static Construct Find(string name) => All.Single(c => c.Name == name);

    public static TheoryData<string> Names => [.. All.Select(c => c.Name)];
}
