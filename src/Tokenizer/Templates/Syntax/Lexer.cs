using System.Text;
using Puna.Tokenizer.Templates.Python;

namespace Puna.Tokenizer.Templates.Syntax;

/// <summary>
/// Cuts a template into tokens, with the whitespace rules that transformers sets: <c>trim_blocks</c> (the line break
/// after a block or comment is dropped) and <c>lstrip_blocks</c> (so is blank space before it on its line).
/// </summary>
internal sealed class Lexer
{
    private readonly string _name;
    private readonly string _source;
    private readonly List<Token> _tokens = [];
    private int _at;
    private int _line = 1;
    private int _countedTo;
    private int _countedLines = 1;

    private Lexer(string source, string name)
    {
        _name = name;
        _source = Normalize(source);
    }

    /// <exception cref="ChatTemplateException">
    /// A tag, string or comment is not closed, or a character has no meaning.
    /// </exception>
    public static List<Token> Read(string source, string name)
    {
        var lexer = new Lexer(source, name);
        lexer.ReadTemplate();
        return lexer._tokens;
    }

    // line breaks become \n, and one at the very end is dropped
    private static string Normalize(string source)
    {
        string s = source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        return s.EndsWith('\n') ? s[..^1] : s;
    }

    private ChatTemplateException Fail(string problem, int? line = null) => new(_name, line ?? _line, problem);

    private void ReadTemplate()
    {
        bool startsLine = true;
        while (_at < _source.Length)
        {
            int open = FindOpening(_at);
            if (open < 0)
            {
                AddData(_source[_at..]);
                break;
            }

            char kind = _source[open + 1];
            char sign = open + 2 < _source.Length ? _source[open + 2] : '\0';
            AddData(TrimBefore(_source[_at..open], sign, isBlock: kind != '{', startsLine));
            // the lines that were trimmed count as well
            _line = LineAt(open);
            _at = open + (sign is '-' or '+' ? 3 : 2);
            switch (kind)
            {
                case '#':
                    SkipComment();
                    break;
                case '%' when IsRaw():
                    ReadRaw();
                    break;
                default:
                    ReadTag(kind);
                    break;
            }

            startsLine = _source[_at - 1] == '\n';
        }

        _tokens.Add(new(TokenKind.End, "", LineAt(_source.Length)));
    }

    private int LineAt(int offset)
    {
        _countedLines += _source.AsSpan(_countedTo, offset - _countedTo).Count('\n');
        _countedTo = offset;
        return _countedLines;
    }

    private int FindOpening(int from)
    {
        for (int i = _source.IndexOf('{', from); i >= 0 && i + 1 < _source.Length; i = _source.IndexOf('{', i + 1))
        {
            if (_source[i + 1] is '{' or '%' or '#')
                return i;
        }

        return -1;
    }

    private void AddData(string text)
    {
        if (text.Length > 0)
            _tokens.Add(new(TokenKind.Data, text, LineAt(_at)));
    }

    private static string TrimBefore(string text, char sign, bool isBlock, bool startsLine)
    {
        if (sign == '-')
            return TrimEnd(text);
        if (sign == '+' || !isBlock)
            return text;
        int line = text.LastIndexOf('\n') + 1;
        bool isBlank = text.Skip(line).All(PythonSpace.IsSpace);
        return (line > 0 || startsLine) && isBlank ? text[..line] : text;
    }

    private static string TrimEnd(string text)
    {
        int end = text.Length;
        while (end > 0 && PythonSpace.IsSpace(text[end - 1]))
            end--;
        return text[..end];
    }

    private void SkipSpace()
    {
        while (_at < _source.Length && PythonSpace.IsSpace(_source[_at]))
            _at++;
    }

    private void SkipComment()
    {
        int close = _source.IndexOf("#}", _at, StringComparison.Ordinal);
        if (close < 0)
            throw Fail("a comment is opened by '{#', but never closed. Write '#}' behind it.");
        char sign = close > _at ? _source[close - 1] : '\0';
        _at = close + 2;
        TrimAfter(sign, isBlock: true);
    }

    private void TrimAfter(char sign, bool isBlock)
    {
        if (sign == '-')
            SkipSpace();
        else if (sign != '+' && isBlock && _at < _source.Length && _source[_at] == '\n')
            _at++;
    }

    private bool IsRaw() => MatchTag(_at, "raw") >= 0;

    // the position behind "word %}" or "word -%}", or -1
    private int MatchTag(int at, string word)
    {
        while (at < _source.Length && PythonSpace.IsSpace(_source[at]))
            at++;
        if (!_source.AsSpan(at).StartsWith(word, StringComparison.Ordinal))
            return -1;
        at += word.Length;
        while (at < _source.Length && PythonSpace.IsSpace(_source[at]))
            at++;
        if (at < _source.Length && _source[at] is '-' or '+')
            at++;
        return _source.AsSpan(Math.Min(at, _source.Length)).StartsWith("%}", StringComparison.Ordinal) ? at + 2 : -1;
    }

    private void ReadRaw()
    {
        _at = MatchTag(_at, "raw");
        // unlike other blocks, 'raw' keeps the line break behind it
        TrimAfter(_source[_at - 3], isBlock: false);
        bool startsLine = _source[_at - 1] == '\n';
        for (int open = _source.IndexOf("{%", _at, StringComparison.Ordinal); open >= 0;
            open = _source.IndexOf("{%", open + 2, StringComparison.Ordinal))
        {
            char sign = open + 2 < _source.Length ? _source[open + 2] : '\0';
            int end = MatchTag(open + (sign is '-' or '+' ? 3 : 2), "endraw");
            if (end < 0)
                continue;
            AddData(TrimBefore(_source[_at..open], sign, isBlock: true, startsLine));
            _at = end;
            TrimAfter(_source[_at - 3], isBlock: true);
            return;
        }

        throw Fail("'raw' is opened, but never closed. Write '{% endraw %}' behind it.");
    }

    private void ReadTag(char kind)
    {
        bool isBlock = kind == '%';
        string close = isBlock ? "%}" : "}}";
        _tokens.Add(new(isBlock ? TokenKind.BlockBegin : TokenKind.VariableBegin, "", _line));
        int opened = _line;
        var brackets = new Stack<char>();
        while (true)
        {
            SkipSpace();
            if (_at >= _source.Length)
                throw Fail($"a tag is opened, but never closed. Write '{close}' behind it.", opened);
            _line = LineAt(_at);
            ReadOnlySpan<char> rest = _source.AsSpan(_at);
            int signs = rest[0] == '-' || rest[0] == '+' && isBlock ? 1 : 0;
            if (brackets.Count == 0 && rest[signs..].StartsWith(close, StringComparison.Ordinal))
            {
                _tokens.Add(new(isBlock ? TokenKind.BlockEnd : TokenKind.VariableEnd, "", _line));
                _at += signs + 2;
                TrimAfter(signs == 1 ? rest[0] : '\0', isBlock);
                return;
            }

            ReadToken(brackets);
        }
    }

    private void ReadToken(Stack<char> brackets)
    {
        char c = _source[_at];
        int length;
        if (c is '\'' or '"')
            length = ReadString(c);
        else if (Literals.MatchNumber(_source, _at, out bool isFloat) is > 0 and int digits)
            length = Add(isFloat ? TokenKind.Float : TokenKind.Integer, digits);
        else if (Literals.MatchName(_source, _at) is > 0 and int letters)
            length = Add(TokenKind.Name, letters);
        else if (Literals.MatchOperator(_source, _at) is > 0 and int symbols)
            length = Balance(brackets, c, symbols);
        else
            throw Fail($"the character '{Rune.GetRuneAt(_source, _at)}' stands in a tag, but means nothing there.");
        _at += length;
    }

    private int Add(TokenKind kind, int length)
    {
        _tokens.Add(new(kind, _source.Substring(_at, length), _line));
        return length;
    }

    private int Balance(Stack<char> brackets, char c, int length)
    {
        if (c is '(' or '[' or '{')
            brackets.Push(c == '(' ? ')' : c == '[' ? ']' : '}');
        else if (c is ')' or ']' or '}' && (brackets.Count == 0 || brackets.Pop() != c))
            throw Fail($"'{c}' closes a bracket, but no such bracket is open.");
        return Add(TokenKind.Operator, length);
    }

    private int ReadString(char quote)
    {
        for (int end = _at + 1; end < _source.Length; end++)
        {
            if (_source[end] == '\\')
                end++;
            else if (_source[end] == quote)
            {
                string body = _source[(_at + 1)..end];
                string text = Literals.Unescape(body)
                    ?? throw Fail(
                        "a string holds an escape that is incomplete or unknown. Write '\\\\' for a backslash.");
                _tokens.Add(new(TokenKind.String, text, _line));
                return end + 1 - _at;
            }
        }

        throw Fail($"a string is opened by {quote}, but never closed.");
    }
}
