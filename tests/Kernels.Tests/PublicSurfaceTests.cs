using Puna.TestKit;

namespace Puna.Kernels.Tests;

public class PublicSurfaceTests
{
    [Fact]
    public void Public_surface_is_the_reviewed_one() =>
        GoldenFile.Matches("tests/Kernels.Tests/PublicSurface.txt", PublicSurface.Of(typeof(DType).Assembly));
}
