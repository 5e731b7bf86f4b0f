using Puna.TestKit;

namespace Puna.Docs.Tests;

public class GoldenFileTests
{
    [Fact]
    public void Difference_shows_what_went_and_what_came_in_order()
    {
        string[] lines = GoldenFile.Difference(["a", "b", "c", "d"], ["a", "x", "c", "d", "e"]);

        Assert.Equal(["- b", "+ x", "+ e"], lines);
    }

    [Fact]
    public void Difference_of_equal_texts_is_empty() => Assert.Empty(GoldenFile.Difference(["a", ""], ["a", ""]));
}
