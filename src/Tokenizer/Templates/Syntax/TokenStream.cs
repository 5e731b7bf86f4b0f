namespace Puna.Tokenizer.Templates.Syntax;

/// <summary>The tokens of a template, read one by one; holds the limit on nesting.</summary>
/// <param name="tokens">All of them; the last one is the end.</param>
/// <param name="name">The template's name, for messages.</param>
/// <param name="limits">How deep the template may nest.</param>
internal sealed class TokenStream(List<Token> tokens, string name, TemplateLimits limits)
{
    private int _at;
    private int _depth;

    public Token Current => tokens[_at];

    public Token Ahead => tokens[Math.Min(_at + 1, tokens.Count - 1)];

    /// <summary>How many tokens have been read.</summary>
    public int Position => _at;

    /// <summary>Whether a name occurs between a position and the current token.</summary>
    public bool HasNameSince(int position, string name)
    {
        for (int i = position; i < _at; i++)
        {
            if (tokens[i].IsName(name))
                return true;
        }

        return false;
    }

    /// <summary>Gives the current token and goes on.</summary>
    public Token Next()
    {
        Token token = Current;
        if (token.Kind != TokenKind.End)
            _at++;
        return token;
    }

    public bool SkipOperator(string symbol) => Skip(Current.IsOperator(symbol));

    public bool SkipName(string word) => Skip(Current.IsName(word));

    public Token ExpectOperator(string symbol) =>
        Current.IsOperator(symbol) ? Next() : throw Unexpected($"'{symbol}'");

    public Token ExpectWord(string word) => Current.IsName(word) ? Next() : throw Unexpected($"'{word}'");

    public Token ExpectName() => Current.Kind == TokenKind.Name ? Next() : throw Unexpected("a name");

    public Token Expect(TokenKind kind) =>
        Current.Kind == kind ? Next() : throw Unexpected(new Token(kind, "", 0).ToString());

    public ChatTemplateException Unexpected(string expected) =>
        Fail($"{Current} stands here, but {expected} was expected.");

    public ChatTemplateException Fail(string problem, int? line = null) => new(name, line ?? Current.Line, problem);

    public void Enter()
    {
        if (++_depth > limits.MaxDepth)
            throw Fail($"nesting goes deeper than {limits.MaxDepth} levels, but MaxDepth allows no more. "
                + "Simplify the template, or raise the limit.");
    }

    public void Leave() => _depth--;

    private bool Skip(bool isThere)
    {
        if (isThere)
            Next();
        return isThere;
    }
}
