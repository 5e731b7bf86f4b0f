using System.Globalization;

namespace Puna.Kernels.Gpu.Emulator.Syntax;

/// <summary>A position in PTX text: skips space and comments, reads words and numbers, counts lines.</summary>
internal sealed class PtxLexer(string text)
{
    private int _position;

    /// <summary>Line of the next token, from 1.</summary>
    public int Line { get; private set; } = 1;

    /// <summary>Offset of the next token.</summary>
    public int Position
    {
        get
        {
            SkipSpace();
            return _position;
        }
    }

    /// <summary>The next character that is not space; 0 at the end.</summary>
    public char Peek()
    {
        SkipSpace();
        return At(0);
    }

    /// <summary>Whether <paramref name="c"/> comes next; takes it if so.</summary>
    public bool Take(char c)
    {
        if (Peek() != c)
            return false;
        _position++;
        return true;
    }

    /// <summary>Takes <paramref name="c"/>.</summary>
    public void Expect(char c, string inside)
    {
        if (!Take(c))
            throw Error($"'{Near()}' follows, but '{c}' was expected in {inside}");
    }

    /// <summary>A name: letters, digits, <c>_ $ %</c>.</summary>
    public string Word()
    {
        SkipSpace();
        int start = _position;
        while (IsWord(At(0)))
            _position++;
        return start == _position ? throw Error($"'{Near()}' stands where a name was expected") : text[start.._position];
    }

    /// <summary>An opcode or directive with everything after its dots: <c>ld.global.L1::no_allocate.v4.b32</c>.</summary>
    public string Dotted()
    {
        SkipSpace();
        int start = _position;
        while (IsWord(At(0)) || At(0) == '.' || (At(0) == ':' && At(1) == ':') || (At(0) == ':' && At(-1) == ':'))
            _position++;
        return start == _position ? throw Error($"'{Near()}' stands where an opcode was expected") : text[start.._position];
    }

    /// <summary>A register or variable, with the component of a vector: <c>%tid.x</c>.</summary>
    public string Name()
    {
        string word = Word();
        if (At(0) == '.' && At(1) is 'x' or 'y' or 'z' or 'w' or 'r' or 'g' or 'b' or 'a' && !IsWord(At(2)))
        {
            word += text.Substring(_position, 2);
            _position += 2;
        }

        return word;
    }

    /// <summary>Whether a number comes next, a sign included.</summary>
    public bool IsNumber() => Peek() is >= '0' and <= '9' || (Peek() is '-' or '+' or '~' && At(1) is >= '0' and <= '9');

    /// <summary>A number: decimal, hexadecimal, octal, binary, or a float.</summary>
    public Operand Number()
    {
        char sign = Peek();
        if (sign is '-' or '+' or '~')
            _position++;
        Operand value = Unsigned();
        return (sign, value) switch
        {
            ('-', IntegerOperand i) => new IntegerOperand(0 - i.Value),
            ('~', IntegerOperand i) => new IntegerOperand(~i.Value),
            ('-', FloatOperand f) => f with { Bits = f.Bits ^ (1UL << (f.Width - 1)) },
            _ => value,
        };
    }

    /// <summary>An integer.</summary>
    public long Integer() =>
        Number() is IntegerOperand i ? (long)i.Value : throw Error("a float stands where an integer was expected");

    /// <summary>Goes on behind the next <paramref name="end"/>.</summary>
    public void SkipPast(char end)
    {
        while (At(0) != end && At(0) != '\0')
            Advance();
        _position = Math.Min(_position + 1, text.Length);
        if (end == '\n')
            Line++;
    }

    /// <summary>Text between two positions, with single spaces.</summary>
    public string Slice(int start) => string.Join(' ', text[start.._position].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    /// <summary>An error at the present line.</summary>
    public DeviceException Error(string what) => new($"PTX line {Line}: {what}.");

    /// <summary>The next characters, for a message.</summary>
    public string Near()
    {
        SkipSpace();
        int end = Math.Min(text.Length, _position + 20);
        return _position == text.Length ? "the end" : text[_position..end].Split('\n')[0];
    }

    private Operand Unsigned()
    {
        if (At(0) == '0' && At(1) is 'f' or 'F' && IsHex(2, 8))
            return Bits(32, 8);
        if (At(0) == '0' && At(1) is 'd' or 'D' && IsHex(2, 16))
            return Bits(64, 16);
        int start = _position;
        if (At(0) == '0' && At(1) is 'x' or 'X' or 'b' or 'B')
            _position += 2;
        while (char.IsAsciiHexDigit(At(0)))
            _position++;
        if (At(0) == '.' || (_position > start && At(0) is '+' or '-' && At(-1) is 'e' or 'E' && text[start + 1] is not ('x' or 'X')))
            return Decimal(start);
        string digits = text[start.._position];
        if (At(0) is 'U' or 'u')
            _position++;
        return new IntegerOperand(ParseInteger(digits));
    }

    private FloatOperand Decimal(int start)
    {
        while (char.IsAsciiDigit(At(0)) || At(0) is '.' or 'e' or 'E' || (At(0) is '+' or '-' && At(-1) is 'e' or 'E'))
            _position++;
        if (!double.TryParse(text.AsSpan(start, _position - start), CultureInfo.InvariantCulture, out double value))
            throw Error($"'{text[start.._position]}' is no number");
        return new FloatOperand(BitConverter.DoubleToUInt64Bits(value), 64);
    }

    private FloatOperand Bits(int width, int digits)
    {
        ulong bits = ulong.Parse(text.AsSpan(_position + 2, digits), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        _position += 2 + digits;
        return new FloatOperand(bits, width);
    }

    private ulong ParseInteger(string digits)
    {
        try
        {
            if (digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
                return Convert.ToUInt64(digits[2..], 16);
            if (digits.StartsWith("0b", StringComparison.OrdinalIgnoreCase))
                return Convert.ToUInt64(digits[2..], 2);
            return digits.Length > 1 && digits[0] == '0' ? Convert.ToUInt64(digits, 8) : ulong.Parse(digits, CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is FormatException or OverflowException or ArgumentException)
        {
            throw Error($"'{digits}' is no integer of 64 bits");
        }
    }

    private bool IsHex(int from, int count)
    {
        for (int i = from; i < from + count; i++)
        {
            if (!char.IsAsciiHexDigit(At(i)))
                return false;
        }

        return true;
    }

    private void SkipSpace()
    {
        while (_position < text.Length)
        {
            if (char.IsWhiteSpace(text[_position]))
                Advance();
            else if (At(0) == '/' && At(1) == '/')
                SkipLine();
            else if (At(0) == '/' && At(1) == '*')
                SkipComment();
            else
                return;
        }
    }

    private void SkipLine()
    {
        while (At(0) is not ('\n' or '\0'))
            _position++;
    }

    private void SkipComment()
    {
        while (_position < text.Length && !(At(0) == '*' && At(1) == '/'))
            Advance();
        _position = Math.Min(_position + 2, text.Length);
    }

    private void Advance()
    {
        if (text[_position++] == '\n')
            Line++;
    }

    private char At(int ahead) => (uint)(_position + ahead) < (uint)text.Length ? text[_position + ahead] : '\0';

    private static bool IsWord(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '$' or '%';
}
