namespace Puna.Runtime.Tests;

/// <summary>The demo model, loaded once for all tests; each test makes its own engine.</summary>
public sealed class DemoModel : IDisposable
{
    /// <summary>As users get it: the laws hold for it.</summary>
    public LanguageModel Model { get; } = LanguageModel.Load(TestKit.Goldens.Demo, new ModelOptions { Threads = 2 });

    /// <summary>What is compared with recorded results.</summary>
    public LanguageModel Exact { get; } = LanguageModel.Load(TestKit.Goldens.Demo, ModelOptions.Exact with { Threads = 2 });

    public void Dispose()
    {
        Model.Dispose();
        Exact.Dispose();
    }
}

/// <summary>Tests that share <see cref="DemoModel"/>, one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class DemoTests : ICollectionFixture<DemoModel>
{
    public const string Name = "demo";
}

/// <summary>Tests that look at the whole process: nothing runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneTests : ICollectionFixture<DemoModel>
{
    public const string Name = "alone";
}
