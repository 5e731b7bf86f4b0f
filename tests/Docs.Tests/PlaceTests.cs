namespace Puna.Docs.Tests;

public class PlaceTests
{
    [Fact]
    public void Repository_is_found() => Assert.True(File.Exists(Puna.TestKit.Goldens.InRepository("Runtime.sln")));
}
