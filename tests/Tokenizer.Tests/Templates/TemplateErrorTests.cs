using Puna.Tokenizer.Templates;

namespace Puna.Tokenizer.Tests.Templates;

public class TemplateErrorTests
{
    private const string MissingHint = "Does the input lack it, or should the template test 'is defined' first?";

    [Theory]
    [InlineData("a\n{{ nope.x }}",
        "t.jinja, line 2: 'nope' is undefined, but reading 'x' of it needs a value. " + MissingHint)]
    [InlineData("\n\n{{ d.a.b.c }}",
        "t.jinja, line 3: 'int object' has no attribute 'b', but reading 'c' of it needs a value. " + MissingHint)]
    [InlineData("{{ messages[0]['role'] }}",
        "t.jinja, line 1: list object has no element 0, but reading 'role' of it needs a value. " + MissingHint)]
    [InlineData("{{ 'a' + nope }}", "t.jinja, line 1: 'nope' is undefined, but '+' needs a value. " + MissingHint)]
    [InlineData("{{ 'a'\n + none }}",
        "t.jinja, line 2: '+' is given str and NoneType, but cannot join the two. Convert one of them, for "
        + "example with '~' or the filters 'string' and 'int'.")]
    [InlineData("{{ 1 < 'a' }}",
        "t.jinja, line 1: '<' compares int with str, but only two numbers, two strings, two lists or two tuples "
        + "have an order.")]
    [InlineData("{{ 1 // 0 }}", "t.jinja, line 1: '//' divides by zero, which has no result.")]
    [InlineData("{% for i in none %}{% endfor %}",
        "t.jinja, line 1: a NoneType is iterated, but only a list, tuple, dict, str, range or the result of a "
        + "filter can be.")]
    [InlineData("{% for a, b in [1] %}{% endfor %}",
        "t.jinja, line 1: an int is iterated, but only a list, tuple, dict, str, range or the result of a filter "
        + "can be.")]
    [InlineData("{{ none | length }}",
        "t.jinja, line 1: the filter 'length' is given a NoneType, which has no length. Test it first.")]
    [InlineData("{{ x | nosuch }}",
        "t.jinja, line 1: the filter 'nosuch' is unknown. Supported are: abs, attr, batch, capitalize, center, "
        + "count, d, default, dictsort, e, escape, first, float, forceescape, format, groupby, indent, int, items, "
        + "join, last, length, list, lower, map, max, min, reject, rejectattr, replace, reverse, round, safe, "
        + "select, selectattr, slice, sort, string, sum, title, tojson, trim, truncate, unique, upper, wordcount.")]
    [InlineData("\n{{ x is nosuch }}",
        "t.jinja, line 2: the test 'nosuch' is unknown. Supported are: boolean, callable, defined, divisibleby, "
        + "eq, equalto, escaped, even, false, filter, float, ge, greaterthan, gt, in, integer, iterable, le, "
        + "lessthan, lower, lt, mapping, ne, none, number, odd, sameas, sequence, string, test, true, undefined, "
        + "upper.")]
    [InlineData("{{ nosuch() }}",
        "t.jinja, line 1: the function 'nosuch' is unknown. Supported are: dict, namespace, raise_exception, "
        + "range, strftime_now, and macros of the template.")]
    [InlineData("{% include 'x' %}",
        "t.jinja, line 1: the tag 'include' is unknown. Supported are: for, if, set, macro, call, filter, with, "
        + "generation, raw, break, continue.")]
    [InlineData("{{ x.append(1) }}{% set x = [] %}{{ x.append(1) }}",
        "t.jinja, line 1: 'x' is undefined, but reading 'append' of it needs a value. " + MissingHint)]
    [InlineData("{{ [].append(1) }}",
        "t.jinja, line 1: 'append' would change a list, which templates may not, but it is called.")]
    [InlineData("{% set a.b = 1 %}",
        "t.jinja, line 1: 'a.b' is assigned to, but 'a' is no namespace. Make it with 'namespace()'.")]
    [InlineData("{{ nope | tojson }}",
        "t.jinja, line 1: the filter 'tojson' is given an undefined value, but JSON has only objects, arrays, "
        + "strings, numbers, true, false and null. Make it a list or dict first.")]
    [InlineData("{{ 'a' | replace('b') }}",
        "t.jinja, line 1: the filter 'replace' is called without 'new', but takes old, new, [count].")]
    [InlineData("{{ 'a' | upper(1) }}",
        "t.jinja, line 1: the filter 'upper' is given 1 argument, but takes no arguments.")]
    [InlineData("{% macro m(a) %}{% endmacro %}\n{{ m(b=1) }}",
        "t.jinja, line 2: the macro 'm' is given 'b', but has no such parameter.")]
    public void Rendering_errors_say_where_and_what(string template, string expected) =>
        Assert.Equal(expected, Rendering.Error(template, ("d", """{"a": 1}""")));

    [Theory]
    [InlineData("a\n{% if x %}\nb",
        "t.jinja, line 2: 'if' is opened, but never closed. Write '{% endif %}' behind it.")]
    [InlineData("{% for i in x %}",
        "t.jinja, line 1: 'for' is opened, but never closed. Write '{% endfor %}' behind it.")]
    [InlineData("{{ 1", "t.jinja, line 1: a tag is opened, but never closed. Write '}}' behind it.")]
    [InlineData("\n{# a", "t.jinja, line 2: a comment is opened by '{#', but never closed. Write '#}' behind it.")]
    [InlineData("{{ 'a }}", "t.jinja, line 1: a string is opened by ', but never closed.")]
    [InlineData("{{ (1 }}", "t.jinja, line 1: '}' closes a bracket, but no such bracket is open.")]
    [InlineData("{{ 1 $ 2 }}", "t.jinja, line 1: the character '$' stands in a tag, but means nothing there.")]
    [InlineData("{{ a b }}", "t.jinja, line 1: 'b' stands here, but '}}' was expected.")]
    [InlineData("{{ 1 + }}", "t.jinja, line 1: '}}' stands here, but a value was expected.")]
    [InlineData("{% if 1 %}\n{% endfor %}{% endif %}",
        "t.jinja, line 2: 'endfor' stands here, but the block that is open is 'if' of line 1.")]
    [InlineData("{% endif %}", "t.jinja, line 1: 'endif' stands here, but no block is open.")]
    [InlineData("{% break %}", "t.jinja, line 1: 'break' stands here, but outside of a loop.")]
    [InlineData("{% set true = 1 %}", "t.jinja, line 1: 'true' is assigned to, but is a constant.")]
    [InlineData("{% raw %} x", "t.jinja, line 1: 'raw' is opened, but never closed. Write '{% endraw %}' behind it.")]
    [InlineData("{{ f(a=1, 2) }}",
        "t.jinja, line 1: a positional argument stands behind a named one, but must stand before it.")]
    public void Syntax_errors_say_where_and_what(string template, string expected) =>
        Assert.Equal(expected, Assert.Throws<ChatTemplateException>(() =>
            ChatTemplate.Parse(template, "t.jinja")).Message);

    [Fact]
    public void An_exception_of_the_template_carries_its_words()
    {
        var e = Assert.Throws<ChatTemplateException>(() =>
            Rendering.Render("\n{{ raise_exception('Only ' ~ 1 ~ ' call!') }}"));

        Assert.Equal("t.jinja, line 2: Only 1 call!", e.Message);
        Assert.Equal("Only 1 call!", e.TemplateMessage);
        Assert.Equal(("t.jinja", 2), (e.TemplateName, e.Line));
    }

    [Fact]
    public void An_unknown_filter_in_a_branch_that_is_not_taken_is_no_error() =>
        Assert.Equal("ok", Rendering.Text("{% if false %}{{ x | nosuch }}{% endif %}ok"));

    [Fact]
    public void Half_a_surrogate_pair_in_the_input_is_refused() => Assert.Equal(
        "t.jinja, line 1: 'v' holds half of a surrogate pair or bytes that are no UTF-8, but a prompt is text. "
        + "Send whole characters.",
        Rendering.Error("x", ("v", "\"a\\ud800\"")));
}
