using System.Collections.Immutable;
using System.Globalization;

namespace Puna.Kernels.Gpu.Emulator.Syntax;

internal sealed partial class PtxParser
{
    private ImmutableArray<VariableSyntax> Variables(StateSpace space, bool isExtern)
    {
        ImmutableArray<VariableSyntax> variables = Declarators(space, isExtern, single: false);
        _lexer.Expect(';', "a declaration");
        return variables;
    }

    /// <summary>What follows the state space: type, alignment, names, sizes, initialisers.</summary>
    private ImmutableArray<VariableSyntax> Declarators(StateSpace space, bool isExtern, bool single)
    {
        PtxType type = PtxType.None;
        int align = 0, vector = 1;
        while (_lexer.Take('.'))
        {
            string word = _lexer.Dotted();
            if (word == "align")
                align = (int)_lexer.Integer();
            else if (word is "v2" or "v4" or "v8")
                vector = word[1] - '0';
            else if (word is "ptr")
                align = PointerAttributes(align);
            else if (!PtxTypes.TryParse(word, out type) && word is not "attribute")
                throw _lexer.Error($"the type .{word} is not known");
            if (word == "attribute")
                _lexer.SkipPast(')');
        }

        ImmutableArray<VariableSyntax>.Builder variables = ImmutableArray.CreateBuilder<VariableSyntax>();
        do
        {
            int line = _lexer.Line;
            string name = _lexer.Word();
            long count = Count();
            ImmutableArray<Operand> values = _lexer.Take('=') ? Initializer() : [];
            if (count == 0 && !values.IsEmpty)
                count = values.Length;
            variables.Add(new VariableSyntax(space, type, vector, align, name, count, isExtern, values, line));
        }
        while (!single && _lexer.Take(','));
        return variables.ToImmutable();
    }

    // .ptr .global .align 1: says what a parameter points to. It does not align the parameter itself.
    private int PointerAttributes(int align)
    {
        while (_lexer.Take('.'))
        {
            if (_lexer.Word() == "align")
                _lexer.Integer();
        }

        return align;
    }

    private long Count()
    {
        long count = 1;
        while (_lexer.Take('['))
        {
            count *= _lexer.Peek() == ']' ? 0 : _lexer.Integer();
            _lexer.Expect(']', "an array's size");
        }

        return count;
    }

    private ImmutableArray<Operand> Initializer()
    {
        ImmutableArray<Operand>.Builder values = ImmutableArray.CreateBuilder<Operand>();
        InitializerItem(values);
        return values.ToImmutable();
    }

    private void InitializerItem(ImmutableArray<Operand>.Builder values)
    {
        if (_lexer.Take('{'))
        {
            Enter();
            while (!_lexer.Take('}'))
            {
                InitializerItem(values);
                _lexer.Take(',');
            }

            _depth--;
        }
        else if (_lexer.IsNumber())
        {
            values.Add(_lexer.Number());
        }
        else
        {
            string name = _lexer.Word();
            if (name == "generic" && _lexer.Take('('))
            {
                name = _lexer.Word();
                _lexer.Expect(')', "generic(...)");
            }

            values.Add(new NameOperand(name, Plus()));
        }
    }

    private const int MaximumDepth = 200;

    // Braces within braces are read by recursion, which must end before the thread's stack does.
    private void Enter()
    {
        if (++_depth > MaximumDepth)
            throw _lexer.Error($"brackets are nested more than {MaximumDepth} deep");
    }

    private ImmutableArray<Statement> Body()
    {
        Enter();
        ImmutableArray<Statement>.Builder body = ImmutableArray.CreateBuilder<Statement>();
        while (!_lexer.Take('}'))
        {
            if (_lexer.Peek() == '\0')
                throw _lexer.Error("the text ends inside of a function, but '}' was expected");
            Statement(body);
        }

        _depth--;
        return body.ToImmutable();
    }

    private void Statement(ImmutableArray<Statement>.Builder body)
    {
        char next = _lexer.Peek();
        int line = _lexer.Line;
        if (_lexer.Take(';'))
            return;
        if (_lexer.Take('{'))
            body.Add(new ScopeStatement(Body(), line));
        else if (next == '.')
            BodyDirective(body, line);
        else if (next == '@')
            body.Add(Instruction());
        else
            LabelOrInstruction(body, line);
    }

    private void BodyDirective(ImmutableArray<Statement>.Builder body, int line)
    {
        _lexer.Take('.');
        string word = _lexer.Word();
        switch (word)
        {
            case "reg":
                Registers(body, line);
                break;
            case "local" or "shared" or "param" or "const" or "global":
                foreach (VariableSyntax variable in Variables(Space(word), isExtern: false))
                    body.Add(new VariableDeclaration(variable, line));
                break;
            case "extern":
                _lexer.Expect('.', "a declaration");
                foreach (VariableSyntax variable in Variables(Space(_lexer.Word()), isExtern: true))
                    body.Add(new VariableDeclaration(variable, line));
                break;
            default:
                SkipDirective(word);
                break;
        }
    }

    private void Registers(ImmutableArray<Statement>.Builder body, int line)
    {
        int vector = 1;
        PtxType type = PtxType.None;
        while (_lexer.Take('.'))
        {
            string word = _lexer.Word();
            if (word is "v2" or "v4")
                vector = word[1] - '0';
            else if (!PtxTypes.TryParse(word, out type))
                throw _lexer.Error($"the type .{word} is not known");
        }

        do
        {
            string name = _lexer.Word();
            int count = -1;
            if (_lexer.Take('<'))
            {
                count = (int)_lexer.Integer();
                _lexer.Expect('>', "a range of registers");
            }

            body.Add(new RegisterDeclaration(type, vector, name, count, line));
        }
        while (_lexer.Take(','));
        _lexer.Expect(';', "a declaration of registers");
    }

    private void LabelOrInstruction(ImmutableArray<Statement>.Builder body, int line)
    {
        int start = _lexer.Position;
        string word = _lexer.Dotted();
        if (!_lexer.Take(':'))
        {
            body.Add(Instruction(start, line, guard: null, negated: false, word));
            return;
        }

        if (_lexer.Peek() == '.' && IsTable(body, word, line))
            return;
        body.Add(new LabelStatement(word, line));
    }

    // "table: .branchtargets A, B;" or "proto: .callprototype (.param .b32 _) _ (.param .b32 _);"
    private bool IsTable(ImmutableArray<Statement>.Builder body, string name, int line)
    {
        _lexer.Take('.');
        string word = _lexer.Word();
        switch (word)
        {
            case "branchtargets" or "calltargets":
                ImmutableArray<string>.Builder targets = ImmutableArray.CreateBuilder<string>();
                do
                    targets.Add(_lexer.Word());
                while (_lexer.Take(','));
                _lexer.Expect(';', "a list of targets");
                body.Add(new TargetsStatement(name, targets.ToImmutable(), line));
                return true;
            case "callprototype":
                _lexer.SkipPast(';');
                body.Add(new PrototypeStatement(name, line));
                return true;
            default:
                body.Add(new LabelStatement(name, line));
                SkipDirective(word);
                return true;
        }
    }

    private InstructionSyntax Instruction()
    {
        int start = _lexer.Position, line = _lexer.Line;
        _lexer.Take('@');
        bool negated = _lexer.Take('!');
        string guard = _lexer.Name();
        return Instruction(start, line, guard, negated, _lexer.Dotted());
    }

    private InstructionSyntax Instruction(int start, int line, string? guard, bool negated, string opcode)
    {
        ImmutableArray<Operand>.Builder operands = ImmutableArray.CreateBuilder<Operand>();
        while (_lexer.Peek() != ';')
        {
            if (_lexer.Peek() is '\0' or '}')
                throw _lexer.Error($"'{_lexer.Near()}' follows, but ';' was expected after {opcode}");
            operands.Add(Operand());
            if (_lexer.Peek() != ';')
                _lexer.Expect(',', opcode);
        }

        _lexer.Take(';');
        string text = _lexer.Slice(start).TrimEnd(';').TrimEnd();
        string[] words = opcode.Split('.', StringSplitOptions.RemoveEmptyEntries);
        return new InstructionSyntax(guard, negated, words[0], [.. words.Skip(1)], operands.ToImmutable(), text, line);
    }

    private Operand Operand()
    {
        Enter();
        Operand operand = SimpleOperand();
        if (_lexer.Take('|'))
            operand = new PairOperand(operand, SimpleOperand());
        _depth--;
        return operand;
    }

    private Operand SimpleOperand()
    {
        if (_lexer.Take('!'))
            return new NotOperand(Operand());
        if (_lexer.Take('{'))
            return new VectorOperand(Items('}'));
        if (_lexer.Take('('))
            return new ListOperand(Items(')'));
        if (_lexer.Take('['))
            return Address();
        if (_lexer.IsNumber())
            return _lexer.Number();
        string name = _lexer.Name();
        if (name == "WARP_SZ")
            return new IntegerOperand(32);
        return name[0] == '-' ? throw _lexer.Error($"'{name}' is no operand") : new NameOperand(name, Plus());
    }

    private ImmutableArray<Operand> Items(char end)
    {
        ImmutableArray<Operand>.Builder items = ImmutableArray.CreateBuilder<Operand>();
        while (!_lexer.Take(end))
        {
            items.Add(Operand());
            if (_lexer.Peek() != end)
                _lexer.Expect(',', "a list");
        }

        return items.ToImmutable();
    }

    private AddressOperand Address()
    {
        Operand @base = _lexer.IsNumber() ? _lexer.Number() : new NameOperand(_lexer.Name());
        long offset = Plus();
        ImmutableArray<Operand> coordinates = [];
        while (_lexer.Take(','))
            coordinates = coordinates.Add(Operand());
        _lexer.Expect(']', "an address");
        return new AddressOperand(@base, offset, coordinates);
    }

    /// <summary>Constants added to what stands before.</summary>
    private long Plus()
    {
        long sum = 0;
        while (_lexer.Peek() is '+' or '-')
        {
            bool minus = _lexer.Peek() == '-';
            _lexer.Take(_lexer.Peek());
            long value = _lexer.Number() is IntegerOperand i ? (long)i.Value : throw _lexer.Error("a float is added to an address");
            sum += minus ? -value : value;
        }

        return sum;
    }

    /// <summary>A number as text, for messages that quote one.</summary>
    internal static string Spell(ulong value) => value.ToString(CultureInfo.InvariantCulture);
}
