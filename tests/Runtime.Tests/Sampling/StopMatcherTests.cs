using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Puna.Runtime.Sampling;

namespace Puna.Runtime.Tests.Sampling;

public class StopMatcherTests
{
    [Fact]
    public void Any_cut_into_pieces_gives_what_a_search_of_the_whole_text_gives()
    {
        Gen<string> Text(int most) => from length in Gen.Choose(0, most)
                                      from letters in Gen.ArrayOf(Gen.Elements('a', 'a', 'b', 'c'), length)
                                      select new string(letters);
        var cases = from text in Text(60)
                    from stops in Gen.ListOf(Text(5).Where(s => s.Length > 0))
                    from cuts in Gen.ArrayOf(Gen.Choose(0, text.Length))
                    select (text, stops: stops.ToArray(), cuts: cuts.Order().ToArray());

        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            StopMatcher matcher = new(c.stops);
            StringBuilder shown = new();
            int from = 0;
            foreach (int cut in c.cuts.Append(c.text.Length))
            {
                shown.Append(matcher.Push(c.text.AsSpan(from, cut - from)));
                from = cut;
            }

            shown.Append(matcher.Flush());

            (string text, string? match) = Search(c.text, c.stops);
            Assert.Equal(text, shown.ToString());
            Assert.Equal(match, matcher.Match);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    /// <summary>Looks at every beginning of the text, the shortest first.</summary>
    private static (string Text, string? Match) Search(string text, string[] stops)
    {
        for (int end = 1; end <= text.Length; end++)
        {
            string[] matches = [.. stops.Where(s => text[..end].EndsWith(s, StringComparison.Ordinal))];
            if (matches.Length > 0)
            {
                string longest = matches.MaxBy(s => s.Length)!;   // not empty
                return (text[..(end - longest.Length)], longest);
            }
        }

        return (text, null);
    }

    [Fact]
    public void Only_what_may_begin_a_stop_string_is_held_back()
    {
        StopMatcher matcher = new(["</answer>", "User:"]);

        Assert.Equal("a < b ", matcher.Push("a < b <"));
        Assert.Equal("", matcher.Push("/ans"));
        Assert.Equal("</ans ", matcher.Push(" Us"));
        Assert.Equal("", matcher.Push("er"));
        Assert.Equal("", matcher.Push(": hello"));
        Assert.Equal("User:", matcher.Match);
        Assert.Equal("", matcher.Push("more"));
        Assert.Equal("", matcher.Flush());
    }

    [Fact]
    public void A_flush_gives_what_was_held_back()
    {
        StopMatcher matcher = new(["stop"]);

        Assert.Equal("one ", matcher.Push("one st"));
        Assert.Equal("st", matcher.Flush());
        Assert.Equal("", matcher.Flush());
        Assert.Null(matcher.Match);
    }

    [Fact]
    public void The_match_that_ends_first_wins_and_of_those_the_longest()
    {
        StopMatcher first = new(["abcdef", "cd"]), longest = new(["b", "ab"]);

        Assert.Equal("ab", first.Push("abcdef"));
        Assert.Equal("cd", first.Match);
        Assert.Equal("x", longest.Push("xab"));
        Assert.Equal("ab", longest.Match);
    }

    [Fact]
    public void Without_stop_strings_everything_comes_out_at_once()
    {
        StopMatcher matcher = new([]);

        Assert.Equal("text", matcher.Push("text"));
        Assert.Equal("", matcher.Flush());
    }

    [Fact]
    public void Pieces_longer_than_the_buffer_and_pairs_of_surrogates_are_whole()
    {
        string text = string.Concat(Enumerable.Repeat("🦙", 500));
        StopMatcher matcher = new(["🦙🐑"]);

        Assert.Equal(text.AsSpan(2), matcher.Push(text));
        Assert.Equal("🦙🦊", matcher.Push("🦊"));
    }

    [Fact]
    public void An_empty_stop_string_is_refused() =>
        Assert.Equal(
            "sampling: stop string 1 of 2 is empty, but it must have a character.",
            Assert.Throws<ArgumentException>(() => new StopMatcher(["a", ""])).Message);

    [Fact]
    public void Pushing_allocates_nothing()
    {
        StopMatcher matcher = new(["stop", "\n\n"]);
        for (int i = 0; i < 10; i++)
            matcher.Push("a piece\n of st");

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
            matcher.Push("a piece\n of st");

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}
