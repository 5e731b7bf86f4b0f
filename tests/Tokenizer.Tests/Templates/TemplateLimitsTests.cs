using System.Diagnostics;
using FsCheck;
using FsCheck.Fluent;
using Puna.TestKit;
using Puna.Tokenizer.Templates;

namespace Puna.Tokenizer.Tests.Templates;

public class TemplateLimitsTests
{
    private const string Steps = "MaxSteps allows no more";
    private const string Depth = "MaxDepth allows no more";
    private const string Characters = "MaxCharacters allows no more";

    private static readonly TemplateLimits Small = new() { MaxSteps = 200_000, MaxCharacters = 200_000 };

    [Theory]
    [InlineData("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", Steps)]
    [InlineData("{% macro m(x) %}{{ m(x) }}{% endmacro %}{{ m(1) }}", Depth)]
    [InlineData("{% set ns = namespace(x='ab') %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
        Characters)]
    [InlineData("{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
        Steps)]
    [InlineData("{% set ns = namespace(x=[1]) %}{% for i in range(999) %}{% set ns.x = [ns.x] %}{% endfor %}", Depth)]
    [InlineData("{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
        Steps)]
    [InlineData("{% set a = namespace(x=[1]) %}{% for i in range(60) %}{% set a.x = [a.x, a.x] %}{% endfor %}{% set b = "
        + "namespace(x=[1]) %}{% for i in range(60) %}{% set b.x = [b.x, b.x] %}{% endfor %}{{ a.x == b.x }}", Steps)]
    [InlineData("{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}", Depth)]
    [InlineData("{{ 'a' * 999999999 }}", Characters)]
    [InlineData("{{ [1] * 999999999 }}", Steps)]
    [InlineData("{{ 'a' | center(999999999) }}", Characters)]
    [InlineData("{{ '%999999999d' % 1 }}", Characters)]
    [InlineData("{{ '{:999999999}'.format(1) }}", Characters)]
    [InlineData("{{ [1] | tojson(indent=999999999) }}", Characters)]
    [InlineData("{{ 10 ** 10 ** 9 }}{{ 10 ** 1000000000000 }}", "more than 10000 digits")]
    [InlineData("{{ range(10 ** 9) }}", "but 100000 are the most")]
    [InlineData("{% for i in range(999) %}{{ 'aaaaaaaaaaaaaaaaaaaa' * 99 }}{% endfor %}", Characters)]
    [InlineData("{% for i in [1] recursive %}{{ loop([i]) }}{% endfor %}", Depth)]
    public void A_limit_ends_rendering_and_is_named(string template, string expected)
    {
        var parsed = ChatTemplate.Parse(template, "t.jinja", Small);

        var e = Assert.Throws<ChatTemplateException>(() => parsed.Render(Rendering.Input("[]"), TimeProvider.System));

        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("(", ")")]
    [InlineData("[", "]")]
    [InlineData("not ", "")]
    [InlineData("-", "")]
    [InlineData("{'a': ", "}")]
    [InlineData("x[", "]")]
    [InlineData("1 if ", "")]
    public void Deep_expressions_are_refused_when_read(string open, string close)
    {
        string source = $"{{{{ {Repeat(open, 5_000)}1{Repeat(close, 5_000)} }}}}";

        var e = Assert.Throws<ChatTemplateException>(() =>
            ChatTemplate.Parse(source, "t.jinja").Render(Rendering.Input("[]"), TimeProvider.System));

        Assert.Contains(Depth, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1", " + 1")]
    [InlineData("1", " | string")]
    [InlineData("x", ".y")]
    [InlineData("1", " and 1")]
    public void Long_chains_do_not_use_up_the_stack(string first, string next)
    {
        string source = $"{{{{ {first}{Repeat(next, 20_000)} }}}}";

        var e = Assert.Throws<ChatTemplateException>(() =>
            ChatTemplate.Parse(source, "t.jinja").Render(Rendering.Input("[]"), TimeProvider.System));

        Assert.Contains(Depth, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_sentences_of_the_limits_are_exact()
    {
        Assert.Equal("t.jinja, line 1: rendering takes more than 10000000 steps, but MaxSteps allows no more. "
            + "Does the template loop without need? If not, raise the limit.",
            Rendering.Error("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"));
        Assert.Equal("t.jinja, line 1: nesting goes deeper than 200 levels, but MaxDepth allows no more. "
            + "Does a macro call itself, or a value hold itself?",
            Rendering.Error("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"));
        Assert.Equal("t.jinja, line 1: a text grows beyond 4194304 characters, but MaxCharacters allows no more. "
            + "If the input is meant to be that long, raise the limit.", Rendering.Error("{{ 'a' * 5000000 }}"));
    }

    [Fact]
    public void A_long_conversation_stays_far_below_the_limits()
    {
        string messages = "[" + string.Join(",", Enumerable.Range(0, 2_000).Select(i =>
            $$"""{"role": "{{(i % 2 == 0 ? "user" : "assistant")}}", "content": "{{new string('x', 500)}}"}""")) + "]";
        var limits = new TemplateLimits { MaxSteps = 1_000_000 };
        var template = ChatTemplate.Parse(DemoSource(), "demo", limits);

        string text = template.Render(Rendering.Input(messages), TimeProvider.System).ToText();

        Assert.True(text.Length > 1_000_000);
    }

    [Fact]
    public void A_mutated_template_renders_or_gives_the_one_exception() => Prop.ForAll(
        Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            string source = Mutate(DemoSource(), random);
            ChatInput input = Rendering.Input("""
                [{"role": "system", "content": " s "}, {"role": "user", "content": "u"},
                 {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": {"x": [1, 2.5, null]}}}]},
                 {"role": "tool", "content": "r"}]
                """) with
            { Tools = Rendering.Json("""[{"a": [1]}]""") };
            var clock = Stopwatch.StartNew();
            try
            {
                ChatTemplate.Parse(source, "t.jinja", Small).Render(input, TimeProvider.System);
            }
            catch (ChatTemplateException e)
            {
                Assert.StartsWith("t.jinja, line ", e.Message, StringComparison.Ordinal);
            }

            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), source);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));

    private static string DemoSource() => File.ReadAllText(Goldens.InRepository("models/demo/chat_template.jinja"));

    private static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));

    private static string Mutate(string source, Random random)
    {
        string[] pieces = ["{{", "}}", "{%", "%}", "'", "|", "[", "]", "(", ")", "{", "}", "-", "+", ".", ",", ":", " if ",
            " else ", " for ", " in ", " is ", " not ", "endif", "endfor", "set ", "macro ", "loop", "messages", "tools", "none", "0", "1e9", "\\",
            "\n", "=", "==",
            "~", "*", "**", "%", "//", "tojson", "trim", "items", "map", "é", "\uD83D"];
        for (int i = random.Next(1, 8); i > 0; i--)
        {
            int at = random.Next(source.Length), length = Math.Min(random.Next(12), source.Length - at);
            source = random.Next(3) switch
            {
                0 => source.Remove(at, length),
                1 => source.Insert(at, pieces[random.Next(pieces.Length)]),
                _ => source.Insert(random.Next(source.Length), source.Substring(at, length)),
            };
        }

        return source;
    }
}
