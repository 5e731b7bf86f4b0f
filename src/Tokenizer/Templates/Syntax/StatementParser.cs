namespace Puna.Tokenizer.Templates.Syntax;

/// <summary>Reads a template into statements.</summary>
internal sealed class StatementParser
{
    private const string Supported =
        "for, if, set, macro, call, filter, with, generation, raw, break, continue";

    private readonly TokenStream _tokens;
    private readonly ExpressionParser _expressions;
    private readonly Stack<(string Tag, int Line)> _open = [];
    private int _loops;

    private StatementParser(TokenStream tokens)
    {
        _tokens = tokens;
        _expressions = new ExpressionParser(tokens);
    }

    /// <exception cref="ChatTemplateException">The source is not a template.</exception>
    public static IReadOnlyList<IStatement> Parse(string source, string name, TemplateLimits limits)
    {
        var parser = new StatementParser(new TokenStream(Lexer.Read(source, name), name, limits));
        IReadOnlyList<IStatement> body = parser.ReadBody();
        parser._expressions.FailOnUnknown();
        return body;
    }

    /// <summary>Reads statements up to a tag named in <paramref name="ends"/>, whose name is then current.</summary>
    private List<IStatement> ReadBody(params string[] ends)
    {
        var body = new List<IStatement>();
        _tokens.Enter();
        while (true)
        {
            Token token = _tokens.Next();
            switch (token.Kind)
            {
                case TokenKind.End when ends.Length == 0:
                    _tokens.Leave();
                    return body;
                case TokenKind.Data:
                    body.Add(new Data(token.Line, token.Text));
                    break;
                case TokenKind.VariableBegin:
                    body.Add(new Print(token.Line, _expressions.ReadTuple()));
                    _tokens.Expect(TokenKind.VariableEnd);
                    break;
                case TokenKind.BlockBegin when ends.Any(_tokens.Current.IsName):
                    _tokens.Leave();
                    return body;
                case TokenKind.BlockBegin:
                    body.Add(ReadStatement());
                    _tokens.Expect(TokenKind.BlockEnd);
                    break;
                default:
                    (string tag, int line) = _open.Peek();
                    throw _tokens.Fail(
                        $"'{tag}' is opened, but never closed. Write '{{% {ends[^1]} %}}' behind it.", line);
            }
        }
    }

    /// <summary>Reads the end of an opening tag, the body, and the word that ends it.</summary>
    private List<IStatement> ReadBlock(Token opening, params string[] ends)
    {
        _tokens.SkipOperator(":");
        _tokens.Expect(TokenKind.BlockEnd);
        _open.Push((opening.Text, opening.Line));
        List<IStatement> body = ReadBody(ends);
        _open.Pop();
        return body;
    }

    private List<IStatement> ReadWholeBlock(Token opening)
    {
        List<IStatement> body = ReadBlock(opening, "end" + opening.Text);
        _tokens.Next();
        return body;
    }

    private IStatement ReadStatement()
    {
        Token tag = _tokens.ExpectName();
        switch (tag.Text)
        {
            case "for":
                return ReadFor(tag);
            case "if":
                return ReadIf(tag);
            case "set":
                return ReadSet(tag);
            case "macro":
                return ReadMacro(tag);
            case "call":
                return ReadCall(tag);
            case "with":
                return ReadWith(tag);
            case "filter":
                IExpression filter = _expressions.ReadFilters(new BlockBody(tag.Line), isInline: true);
                return new FilterBlock(tag.Line, filter, ReadWholeBlock(tag));
            case "print":
                return new Print(tag.Line, _expressions.ReadTuple());
            case "generation":
                return new With(tag.Line, [], ReadWholeBlock(tag));
            case "break" or "continue" when _loops > 0:
                return new Jump(tag.Line, tag.Text == "break");
            case "break" or "continue":
                throw _tokens.Fail($"'{tag.Text}' stands here, but outside of a loop.", tag.Line);
            default:
                throw Unknown(tag);
        }
    }

    private ChatTemplateException Unknown(Token tag)
    {
        if (!tag.Text.StartsWith("end", StringComparison.Ordinal) && tag.Text is not ("else" or "elif"))
            return _tokens.Fail($"the tag '{tag.Text}' is unknown. Supported are: {Supported}.", tag.Line);
        string open = _open.TryPeek(out (string Tag, int Line) block)
            ? $"the block that is open is '{block.Tag}' of line {block.Line}"
            : "no block is open";
        return _tokens.Fail($"'{tag.Text}' stands here, but {open}.", tag.Line);
    }

    private For ReadFor(Token tag)
    {
        ITarget target = ReadTarget(withAttributes: false);
        _tokens.ExpectWord("in");
        IExpression items = _expressions.ReadTuple(withConditional: false, endWord: "recursive");
        IExpression? test = _tokens.SkipName("if") ? _expressions.ReadExpression() : null;
        bool isRecursive = _tokens.SkipName("recursive");
        _loops++;
        List<IStatement> body = ReadBlock(tag, "else", "endfor");
        _loops--;
        List<IStatement> otherwise = _tokens.Next().IsName("else") ? ReadBlock(tag, "endfor") : [];
        _tokens.SkipName("endfor");
        return new(tag.Line, target, items, test, isRecursive, body, otherwise);
    }

    private If ReadIf(Token tag)
    {
        int unknown = _expressions.UnknownCount;
        var branches = new List<(IExpression?, IReadOnlyList<IStatement>)>();
        bool isMore = true;
        while (isMore)
        {
            IExpression test = _expressions.ReadTuple(withConditional: false);
            branches.Add((test, ReadBlock(tag, "elif", "else", "endif")));
            isMore = _tokens.Current.IsName("elif");
            if (_tokens.Next().IsName("else"))
            {
                branches.Add((null, ReadBlock(tag, "endif")));
                _tokens.Next();
            }
        }

        _expressions.ForgetUnknown(unknown);
        return new(tag.Line, branches);
    }

    private IStatement ReadSet(Token tag)
    {
        ITarget target = ReadTarget(withAttributes: true);
        if (_tokens.SkipOperator("="))
            return new Set(tag.Line, target, _expressions.ReadTuple());
        IExpression value = _expressions.ReadFilters(new BlockBody(tag.Line));
        return new SetBlock(tag.Line, target, value, ReadWholeBlock(tag));
    }

    private With ReadWith(Token tag)
    {
        var variables = new List<(ITarget, IExpression)>();
        while (_tokens.Current.Kind != TokenKind.BlockEnd)
        {
            if (variables.Count > 0)
                _tokens.ExpectOperator(",");
            ITarget target = ReadTarget(withAttributes: false);
            _tokens.ExpectOperator("=");
            variables.Add((target, _expressions.ReadExpression()));
        }

        return new(tag.Line, variables, ReadWholeBlock(tag));
    }

    private Macro ReadMacro(Token tag)
    {
        string name = _tokens.ExpectName().Text;
        (MacroSignature signature, List<IStatement> body) = ReadCallable(tag, ReadParameters());
        return new(tag.Line, name, signature, body);
    }

    private CallBlock ReadCall(Token tag)
    {
        List<(string, IExpression?)> parameters = _tokens.Current.IsOperator("(") ? ReadParameters() : [];
        if (_expressions.ReadExpression() is not Call call)
            throw _tokens.Fail(
                "'call' stands before something that is no call, but needs one, such as a macro's.", tag.Line);
        (MacroSignature signature, List<IStatement> body) = ReadCallable(tag, parameters);
        return new(tag.Line, signature, call, body);
    }

    private (MacroSignature Signature, List<IStatement> Body) ReadCallable(
        Token tag, List<(string, IExpression?)> parameters)
    {
        // a loop around the definition is not around the call
        int loops = _loops, begin = _tokens.Position;
        _loops = 0;
        List<IStatement> body = ReadWholeBlock(tag);
        _loops = loops;
        return (new(parameters, _tokens.HasNameSince(begin, "caller"), _tokens.HasNameSince(begin, "kwargs"),
            _tokens.HasNameSince(begin, "varargs")), body);
    }

    private List<(string Name, IExpression? Default)> ReadParameters()
    {
        var parameters = new List<(string Name, IExpression? Default)>();
        _tokens.ExpectOperator("(");
        while (!_tokens.Current.IsOperator(")"))
        {
            if (parameters.Count > 0)
                _tokens.ExpectOperator(",");
            Token name = _tokens.ExpectName();
            IExpression? fallback = _tokens.SkipOperator("=") ? _expressions.ReadExpression() : null;
            if (fallback is null && parameters.Count > 0 && parameters[^1].Default is not null)
                throw _tokens.Fail(
                    $"the parameter '{name.Text}' has no default, but stands behind one that has.", name.Line);
            parameters.Add((name.Text, fallback));
        }

        _tokens.Next();
        return parameters;
    }

    private ITarget ReadTarget(bool withAttributes)
    {
        var items = new List<ITarget>();
        bool isTuple = false;
        do
        {
            if (items.Count > 0 && _tokens.Current.Kind != TokenKind.Name && !_tokens.Current.IsOperator("("))
                break;
            items.Add(ReadSingleTarget(withAttributes));
            isTuple |= _tokens.Current.IsOperator(",");
        }
        while (isTuple && _tokens.SkipOperator(","));
        return isTuple ? new TupleTarget(items) : items[0];
    }

    private ITarget ReadSingleTarget(bool withAttributes)
    {
        if (_tokens.SkipOperator("("))
        {
            _tokens.Enter();
            ITarget inner = ReadTarget(withAttributes);
            _tokens.Leave();
            _tokens.ExpectOperator(")");
            return inner;
        }

        Token name = _tokens.ExpectName();
        if (name.Text is "true" or "false" or "none" or "True" or "False" or "None")
            throw _tokens.Fail($"'{name.Text}' is assigned to, but is a constant.", name.Line);
        return withAttributes && _tokens.SkipOperator(".")
            ? new AttributeTarget(name.Text, _tokens.ExpectName().Text)
            : new NameTarget(name.Text);
    }
}
