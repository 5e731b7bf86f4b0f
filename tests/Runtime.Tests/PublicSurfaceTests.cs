using Puna.Runtime.Models;
using Puna.TestKit;

namespace Puna.Runtime.Tests;

public class PublicSurfaceTests
{
    [Fact]
    public void Public_surface_is_the_reviewed_one() =>
        GoldenFile.Matches("tests/Runtime.Tests/PublicSurface.txt", PublicSurface.Of(typeof(ModelConfig).Assembly));
}
