namespace Puna.Tokenizer.Templates.Values;

/// <summary>What the filters <c>escape</c> and <c>safe</c> mean by HTML.</summary>
internal static class Html
{
    public static Text Escape(RenderState state, Text text)
    {
        var builder = new TextBuilder(state);
        int start = 0;
        foreach (Run run in text.Runs)
        {
            for (int i = start; i < run.End; i++)
            {
                ReadOnlySpan<char> piece = text.Value[i] switch
                {
                    '&' => "&amp;",
                    '<' => "&lt;",
                    '>' => "&gt;",
                    '"' => "&#34;",
                    '\'' => "&#39;",
                    _ => text.Value.AsSpan(i, 1),
                };
                builder.Append(piece, run.IsTrusted);
            }

            start = run.End;
        }

        return builder.ToText().AsMarkup();
    }
}
