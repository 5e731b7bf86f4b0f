using System.Globalization;
using System.Numerics;
using Puna.Tokenizer.Templates.Library;
using Puna.Tokenizer.Templates.Values;

namespace Puna.Tokenizer.Templates.Syntax;

/// <summary>
/// Reads expressions, with Jinja's precedence: if, or, and, not, comparison, + -, ~, * / // %, **, sign, filter.
/// </summary>
internal sealed class ExpressionParser(TokenStream tokens)
{
    private static readonly string[] Comparisons = ["==", "!=", "<", "<=", ">", ">="];

    /// <summary>Unknown filters and tests that rendering would meet for certain, with their lines.</summary>
    private readonly List<ChatTemplateException> _unknown = [];

    /// <summary>How many unknown names were met; see <see cref="ForgetUnknown"/>.</summary>
    public int UnknownCount => _unknown.Count;

    /// <summary>Leaves what was met since then to rendering, because it may never get there.</summary>
    public void ForgetUnknown(int count) => _unknown.RemoveRange(count, _unknown.Count - count);

    /// <exception cref="ChatTemplateException">A filter or test is unknown.</exception>
    public void FailOnUnknown()
    {
        if (_unknown.Count > 0)
            throw _unknown[0];
    }

    public IExpression ReadExpression(bool withConditional = true)
    {
        tokens.Enter();
        IExpression expression = withConditional ? ReadConditional() : ReadOr();
        tokens.Leave();
        return expression;
    }

    /// <summary>Reads an expression, or several with commas between them as a tuple.</summary>
    public IExpression ReadTuple(bool withConditional = true, bool isBracketed = false, string? endWord = null)
    {
        int line = tokens.Current.Line;
        var items = new List<IExpression>();
        bool isTuple = false;
        while (!IsTupleEnd(endWord))
        {
            items.Add(ReadExpression(withConditional));
            if (!tokens.SkipOperator(","))
                break;
            isTuple = true;
        }

        if (!isTuple && items.Count == 1)
            return items[0];
        if (items.Count == 0 && !isBracketed)
            throw tokens.Unexpected("an expression");
        return new SequenceLiteral(line, items, SequenceKind.Tuple);
    }

    /// <summary>
    /// Reads the filters that follow; where <paramref name="isInline"/>, the first has no bar before it.
    /// </summary>
    public IExpression ReadFilters(IExpression target, bool isInline = false)
    {
        while (isInline || tokens.SkipOperator("|"))
        {
            isInline = false;
            Token token = tokens.ExpectName();
            string name = ReadDotted(token.Text);
            CallArguments arguments = tokens.Current.IsOperator("(") ? ReadArguments() : CallArguments.None;
            if (!Filters.Exists(name))
                _unknown.Add(tokens.Fail(Filters.Unknown(name), token.Line));
            target = new FilterCall(token.Line, target, name, arguments);
        }

        return target;
    }

    private bool IsTupleEnd(string? endWord) =>
        tokens.Current.Kind is TokenKind.VariableEnd or TokenKind.BlockEnd or TokenKind.End
        || tokens.Current.IsOperator(")") || endWord is not null && tokens.Current.IsName(endWord);

    private IExpression ReadConditional()
    {
        int line = tokens.Current.Line, unknown = UnknownCount;
        IExpression then = ReadOr();
        while (tokens.SkipName("if"))
        {
            IExpression test = ReadOr();
            IExpression? otherwise = tokens.SkipName("else") ? ReadExpression() : null;
            ForgetUnknown(unknown);
            then = new Conditional(line, test, then, otherwise);
        }

        return then;
    }

    private IExpression ReadOr()
    {
        IExpression left = ReadAnd();
        while (tokens.Current.IsName("or"))
            left = new Logical(tokens.Next().Line, IsAnd: false, left, ReadAnd());
        return left;
    }

    private IExpression ReadAnd()
    {
        IExpression left = ReadNot();
        while (tokens.Current.IsName("and"))
            left = new Logical(tokens.Next().Line, IsAnd: true, left, ReadNot());
        return left;
    }

    private IExpression ReadNot()
    {
        if (!tokens.Current.IsName("not"))
            return ReadComparison();
        tokens.Enter();
        var not = new Unary(tokens.Next().Line, "not", ReadNot());
        tokens.Leave();
        return not;
    }

    private IExpression ReadComparison()
    {
        int line = tokens.Current.Line;
        IExpression first = ReadSum();
        var rest = new List<(string, IExpression)>();
        while (true)
        {
            if (tokens.Current.Kind == TokenKind.Operator && Comparisons.Contains(tokens.Current.Text))
                rest.Add((tokens.Next().Text, ReadSum()));
            else if (tokens.SkipName("in"))
                rest.Add(("in", ReadSum()));
            else if (tokens.Current.IsName("not") && tokens.Ahead.IsName("in"))
            {
                tokens.Next();
                tokens.Next();
                rest.Add(("not in", ReadSum()));
            }
            else
            {
                return rest.Count == 0 ? first : new Comparison(line, first, rest);
            }
        }
    }

    private IExpression ReadSum()
    {
        IExpression left = ReadConcatenation();
        while (tokens.Current.IsOperator("+") || tokens.Current.IsOperator("-"))
        {
            Token token = tokens.Next();
            left = new Binary(token.Line, token.Text, left, ReadConcatenation());
        }

        return left;
    }

    private IExpression ReadConcatenation()
    {
        int line = tokens.Current.Line;
        IExpression first = ReadProduct();
        if (!tokens.Current.IsOperator("~"))
            return first;
        var items = new List<IExpression> { first };
        while (tokens.SkipOperator("~"))
            items.Add(ReadProduct());
        return new Concatenation(line, items);
    }

    private IExpression ReadProduct()
    {
        IExpression left = ReadPower();
        while (tokens.Current is { Kind: TokenKind.Operator, Text: "*" or "/" or "//" or "%" })
        {
            Token token = tokens.Next();
            left = new Binary(token.Line, token.Text, left, ReadPower());
        }

        return left;
    }

    private IExpression ReadPower()
    {
        IExpression left = ReadSigned(withFilters: true);
        while (tokens.Current.IsOperator("**"))
            left = new Binary(tokens.Next().Line, "**", left, ReadSigned(withFilters: true));
        return left;
    }

    private IExpression ReadSigned(bool withFilters)
    {
        IExpression expression;
        if (tokens.Current is { Kind: TokenKind.Operator, Text: "-" or "+" })
        {
            tokens.Enter();
            Token token = tokens.Next();
            expression = new Unary(token.Line, token.Text, ReadSigned(withFilters: false));
            tokens.Leave();
        }
        else
        {
            expression = ReadPrimary();
        }

        expression = ReadPostfix(expression);
        return withFilters ? ReadFiltersAndTests(expression) : expression;
    }

    private IExpression ReadPrimary()
    {
        Token token = tokens.Current;
        switch (token.Kind)
        {
            case TokenKind.Name:
                tokens.Next();
                return Keyword(token) is { } value ? new Constant(token.Line, value) : new Name(token.Line, token.Text);
            case TokenKind.String:
                return ReadStrings();
            case TokenKind.Integer:
                return new Constant(tokens.Next().Line, Integer(token));
            case TokenKind.Float:
                tokens.Next();
                double number =
                    double.Parse(token.Text.Replace("_", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
                return new Constant(token.Line, new FloatValue(number, true));
            case TokenKind.Operator when token.Text == "(":
                tokens.Next();
                IExpression inner = ReadTuple(isBracketed: true);
                tokens.ExpectOperator(")");
                return inner;
            case TokenKind.Operator when token.Text == "[":
                return ReadList();
            case TokenKind.Operator when token.Text == "{":
                return ReadDict();
            default:
                throw tokens.Unexpected("a value");
        }
    }

    private static IValue? Keyword(Token token) => token.Text switch
    {
        "true" or "True" => BoolValue.Of(true),
        "false" or "False" => BoolValue.Of(false),
        "none" or "None" => NoneValue.Own,
        _ => null,
    };

    private Constant ReadStrings()
    {
        Token first = tokens.Next();
        string text = first.Text;
        while (tokens.Current.Kind == TokenKind.String)
            text += tokens.Next().Text;
        return new(first.Line, new Text(text, isTrusted: true));
    }

    private IntValue Integer(Token token)
    {
        string digits = token.Text.Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();
        if (digits.Length > RenderState.MaxDigits)
            throw tokens.Fail(
                $"an integer has {digits.Length} digits, but {RenderState.MaxDigits} are the most supported.",
                token.Line);
        BigInteger value = digits switch
        {
            ['0', 'x', ..] =>
                BigInteger.Parse("0" + digits[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
            ['0', 'o', ..] => digits[2..].Aggregate(BigInteger.Zero, (sum, c) => sum * 8 + (c - '0')),
            ['0', 'b', ..] => digits[2..].Aggregate(BigInteger.Zero, (sum, c) => sum * 2 + (c - '0')),
            _ => BigInteger.Parse(digits, CultureInfo.InvariantCulture),
        };
        return new(value, true);
    }

    private SequenceLiteral ReadList()
    {
        int line = tokens.ExpectOperator("[").Line;
        var items = new List<IExpression>();
        while (!tokens.Current.IsOperator("]"))
        {
            items.Add(ReadExpression());
            if (!tokens.SkipOperator(","))
                break;
        }

        tokens.ExpectOperator("]");
        return new(line, items, SequenceKind.List);
    }

    private DictLiteral ReadDict()
    {
        int line = tokens.ExpectOperator("{").Line;
        var pairs = new List<(IExpression, IExpression)>();
        while (!tokens.Current.IsOperator("}"))
        {
            IExpression key = ReadExpression();
            tokens.ExpectOperator(":");
            pairs.Add((key, ReadExpression()));
            if (!tokens.SkipOperator(","))
                break;
        }

        tokens.ExpectOperator("}");
        return new(line, pairs);
    }

    private IExpression ReadPostfix(IExpression target)
    {
        while (true)
        {
            Token token = tokens.Current;
            if (token.IsOperator("."))
                target = ReadAttribute(target);
            else if (token.IsOperator("["))
                target = ReadItem(target);
            else if (token.IsOperator("("))
                target = new Call(token.Line, target, ReadArguments());
            else
                return target;
        }
    }

    private IExpression ReadFiltersAndTests(IExpression target)
    {
        while (true)
        {
            Token token = tokens.Current;
            if (token.IsOperator("|"))
                target = ReadFilters(target);
            else if (token.IsName("is"))
                target = ReadTest(target);
            else if (token.IsOperator("("))
                target = new Call(token.Line, target, ReadArguments());
            else
                return target;
        }
    }

    private IExpression ReadAttribute(IExpression target)
    {
        int line = tokens.ExpectOperator(".").Line;
        Token attribute = tokens.Next();
        return attribute.Kind switch
        {
            TokenKind.Name => new AttributeAccess(line, target, attribute.Text),
            TokenKind.Integer => new ItemAccess(line, target, new Constant(line, Integer(attribute))),
            _ => throw tokens.Fail(
                $"{attribute} stands behind '.', but a name or number was expected.", attribute.Line),
        };
    }

    private ItemAccess ReadItem(IExpression target)
    {
        int line = tokens.ExpectOperator("[").Line;
        var items = new List<IExpression>();
        while (!tokens.Current.IsOperator("]"))
        {
            items.Add(ReadIndex());
            if (!tokens.SkipOperator(","))
                break;
        }

        tokens.ExpectOperator("]");
        return new(line, target, items.Count == 1 ? items[0] : new SequenceLiteral(line, items, SequenceKind.Tuple));
    }

    private IExpression ReadIndex()
    {
        int line = tokens.Current.Line;
        IExpression? start = tokens.Current.IsOperator(":") ? null : ReadExpression();
        if (!tokens.SkipOperator(":"))
            return start ?? throw tokens.Unexpected("an index");
        IExpression? stop = IsSliceEnd() ? null : ReadExpression();
        IExpression? step = tokens.SkipOperator(":") && !IsSliceEnd() ? ReadExpression() : null;
        return new Slice(line, start, stop, step);
    }

    private bool IsSliceEnd() => tokens.Current is { Kind: TokenKind.Operator, Text: "]" or "," or ":" };

    private CallArguments ReadArguments()
    {
        int line = tokens.ExpectOperator("(").Line;
        var positional = new List<IExpression>();
        var named = new List<(string Name, IExpression)>();
        IExpression? morePositional = null, moreNamed = null;
        while (!tokens.Current.IsOperator(")"))
        {
            if (tokens.SkipOperator("*") && morePositional is null)
                morePositional = ReadExpression();
            else if (tokens.SkipOperator("**") && moreNamed is null)
                moreNamed = ReadExpression();
            else if (tokens.Current.Kind == TokenKind.Name && tokens.Ahead.IsOperator("="))
                named.Add(ReadNamed(named));
            else if (named.Count == 0 && morePositional is null && moreNamed is null)
                positional.Add(ReadExpression());
            else
                throw tokens.Fail("a positional argument stands behind a named one, but must stand before it.", line);
            if (!tokens.SkipOperator(","))
                break;
        }

        tokens.ExpectOperator(")");
        return new(positional, named, morePositional, moreNamed);
    }

    private (string Name, IExpression Value) ReadNamed(List<(string Name, IExpression)> before)
    {
        Token name = tokens.Next();
        if (before.Exists(n => n.Name == name.Text))
            throw tokens.Fail($"the argument '{name.Text}' is given twice.", name.Line);
        tokens.ExpectOperator("=");
        return (name.Text, ReadExpression());
    }

    private IExpression ReadTest(IExpression target)
    {
        int line = tokens.ExpectWord("is").Line;
        bool isNegated = tokens.SkipName("not");
        Token token = tokens.ExpectName();
        string name = ReadDotted(token.Text);
        CallArguments arguments = tokens.Current.IsOperator("(") ? ReadArguments()
            : BeginsTestArgument() ? new([ReadPostfix(ReadPrimary())], [])
            : CallArguments.None;
        if (!Tests.Exists(name))
            _unknown.Add(tokens.Fail(Tests.Unknown(name), token.Line));
        var test = new TestCall(line, target, name, arguments);
        return isNegated ? new Unary(line, "not", test) : test;
    }

    // 'x is divisibleby 3': one argument without brackets
    private bool BeginsTestArgument()
    {
        Token token = tokens.Current;
        if (token.IsName("is"))
            throw tokens.Fail("'is' follows a test, but tests cannot be chained. Join them with 'and'.");
        return token.Kind is TokenKind.String or TokenKind.Integer or TokenKind.Float
            || token.Kind == TokenKind.Name && token.Text is not ("else" or "or" or "and")
            || token.IsOperator("[") || token.IsOperator("{");
    }

    private string ReadDotted(string name)
    {
        while (tokens.SkipOperator("."))
            name += "." + tokens.ExpectName().Text;
        return name;
    }
}
