namespace Puna.Samples.Tests;

/// <summary>Where the samples find a model; yours may be anywhere.</summary>
internal static class Model
{
    public static string Folder => TestKit.Goldens.Demo;
}
