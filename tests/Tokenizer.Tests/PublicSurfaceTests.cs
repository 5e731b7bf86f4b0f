using Puna.TestKit;

namespace Puna.Tokenizer.Tests;

public class PublicSurfaceTests
{
    [Fact]
    public void Public_surface_is_the_reviewed_one() =>
        GoldenFile.Matches("tests/Tokenizer.Tests/PublicSurface.txt", PublicSurface.Of(typeof(PromptSegment).Assembly));
}
