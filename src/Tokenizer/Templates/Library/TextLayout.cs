using Puna.Tokenizer.Templates.Python;
using Puna.Tokenizer.Templates.Values;

namespace Puna.Tokenizer.Templates.Library;

/// <summary>Joining, padding, indenting and shortening strings.</summary>
internal static class TextLayout
{
    /// <summary>The method <c>join</c>, which takes strings only; the filter converts.</summary>
    public static Text Join(RenderState state, Text separator, Bound a)
    {
        var builder = new TextBuilder(state);
        bool isFirst = true;
        foreach (IValue item in Iteration.Items(state, a[0] ?? NoneValue.Own))
        {
            if (item is not Text text)
                throw Undefined.FailIfAny(state, a.Callee, item) ?? state.Fail(
                    $"{a.Callee} meets {PythonTypes.Some(item)}, but joins strings only. The filter 'join' converts.");
            if (!isFirst)
                builder.Append(separator);
            isFirst = false;
            builder.Append(text);
        }

        return builder.ToText();
    }

    /// <summary>Pads on the left up to one width, then on the right up to the other.</summary>
    public static Text Pad(RenderState state, Text text, int left, int right, char fill = ' ')
    {
        int length = text.CodePointCount;
        return new TextBuilder(state)
            .Fill(fill, (long)left - length, isTrusted: true)
            .Append(text)
            .Fill(fill, (long)right - Math.Max(left, length), isTrusted: true)
            .ToText();
    }

    /// <summary>Centres in a width; of an odd rest, Python gives one more to the left where the width is odd.</summary>
    public static Text Center(RenderState state, Text text, int width, char fill = ' ')
    {
        int rest = Math.Max(0, width - text.CodePointCount);
        int left = rest / 2 + (rest & width & 1);
        return new TextBuilder(state)
            .Fill(fill, left, isTrusted: true)
            .Append(text)
            .Fill(fill, rest - left, isTrusted: true)
            .ToText();
    }

    public static Text ZeroFill(RenderState state, Text text, int width)
    {
        int sign = text.Value.Length > 0 && text.Value[0] is '-' or '+' ? 1 : 0;
        return new TextBuilder(state)
            .Append(text, 0, sign)
            .Fill('0', (long)width - text.CodePointCount, isTrusted: true)
            .Append(text, sign, text.Value.Length - sign)
            .ToText();
    }

    /// <summary>The filter <c>indent</c>: indents every line but the first, and blank ones only if asked to.</summary>
    public static Text Indent(RenderState state, Text text, Text indention, bool first, bool blank)
    {
        // an empty line at the end counts, as the filter adds a line break before it splits
        Text closed = new TextBuilder(state).Append(text).Append('\n', isTrusted: true).ToText();
        List<Text> lines = PythonSpace.SplitLines(closed);
        state.Spend(lines.Count);
        var builder = new TextBuilder(state);
        for (int i = 0; i < lines.Count; i++)
        {
            if (i > 0)
                builder.Append('\n', isTrusted: true);
            if (i == 0 ? first : blank || lines[i].Value.Length > 0)
                builder.Append(indention);
            builder.Append(lines[i]);
        }

        return builder.ToText();
    }

    /// <summary>The filter <c>truncate</c>.</summary>
    public static Text Truncate(RenderState state, Text text, int length, bool killWords, Text end, int leeway)
    {
        if (length < end.CodePointCount || leeway < 0)
            throw state.Fail($"the filter 'truncate' is given length {length} and leeway {leeway}, but the length must "
                + $"hold the end of {end.CodePointCount} characters, and the leeway must not be negative.");
        if (text.CodePointCount <= (long)length + leeway)
            return text;
        Text kept = text.Slice(0, text.OffsetOf(length - end.CodePointCount));
        int space = killWords ? -1 : kept.Value.LastIndexOf(' ');
        return new TextBuilder(state).Append(space < 0 ? kept : kept.Slice(0, space)).Append(end).ToText();
    }
}
