using System.Collections.Immutable;

namespace Puna.Kernels.Gpu.Emulator.Syntax;

/// <summary>Reads PTX text: PTX ISA chapters 4 and 5. Debugging directives are skipped.</summary>
internal sealed partial class PtxParser
{
    private readonly PtxLexer _lexer;
    private readonly ImmutableArray<VariableSyntax>.Builder _variables = ImmutableArray.CreateBuilder<VariableSyntax>();
    private readonly ImmutableArray<FunctionSyntax>.Builder _functions = ImmutableArray.CreateBuilder<FunctionSyntax>();
    private Version _version = new(0, 0);
    private GpuArch _target;
    private int _depth;

    private PtxParser(string text) => _lexer = new PtxLexer(text);

    /// <summary>The module that a text stands for.</summary>
    /// <exception cref="DeviceException">The text is no PTX; the message names the line.</exception>
    public static PtxModule Parse(string text)
    {
        PtxParser parser = new(text);
        while (parser._lexer.Peek() != '\0')
            parser.Directive();
        return new PtxModule(parser._version, parser._target, parser._variables.ToImmutable(), parser._functions.ToImmutable());
    }

    private void Directive()
    {
        bool isExtern = false;
        while (true)
        {
            _lexer.Expect('.', "the module");
            string word = _lexer.Word();
            switch (word)
            {
                case "visible" or "weak" or "common" or "managed":
                    continue;
                case "extern":
                    isExtern = true;
                    continue;
                case "version":
                    ReadVersion();
                    return;
                case "target":
                    ReadTarget();
                    return;
                case "address_size":
                    if (_lexer.Integer() != 64)
                        throw _lexer.Error("the address size is not 64, but 32-bit modules are not supported");
                    return;
                case "entry" or "func":
                    _functions.Add(Function(word == "entry"));
                    return;
                case "global" or "const" or "shared":
                    _variables.AddRange(Variables(Space(word), isExtern));
                    return;
                default:
                    SkipDirective(word);
                    return;
            }
        }
    }

    private void SkipDirective(string word)
    {
        switch (word)
        {
            case "file" or "loc":
                _lexer.SkipPast('\n');
                break;
            case "section":
                _lexer.SkipPast('}');
                break;
            case "pragma" or "alias":
                _lexer.SkipPast(';');
                break;
            default:
                throw _lexer.Error($"the directive .{word} is not known");
        }
    }

    private void ReadVersion()
    {
        int major = _lexer.Number() switch
        {
            FloatOperand f => (int)Math.Round(f.Value * 10),
            IntegerOperand i => (int)i.Value * 10,
            _ => 0,
        };
        _version = new Version(major / 10, major % 10);
    }

    private void ReadTarget()
    {
        string name = _lexer.Word();
        while (_lexer.Take(','))
            _lexer.Word();
        try
        {
            _target = GpuArch.Parse(name.TrimEnd('f'));
        }
        catch (FormatException e)
        {
            throw _lexer.Error(e.Message.TrimEnd('.'));
        }
    }

    private FunctionSyntax Function(bool isEntry)
    {
        int line = _lexer.Line;
        while (_lexer.Peek() == '.')
            _lexer.Dotted();
        ImmutableArray<VariableSyntax> returns = _lexer.Peek() == '(' ? Parameters() : [];
        string name = _lexer.Word();
        ImmutableArray<VariableSyntax> parameters = _lexer.Peek() == '(' ? Parameters() : [];
        LaunchBounds bounds = new();
        while (_lexer.Peek() == '.')
            Bound(bounds);
        if (_lexer.Take(';'))
            return new FunctionSyntax(name, isEntry, HasBody: false, returns, parameters, [], bounds, line);
        _lexer.Expect('{', $"the function {name}");
        return new FunctionSyntax(name, isEntry, HasBody: true, returns, parameters, Body(), bounds, line);
    }

    private void Bound(LaunchBounds bounds)
    {
        string word = _lexer.Dotted();
        switch (word)
        {
            case ".maxntid":
                bounds.MaximumThreads = Extent();
                break;
            case ".reqntid":
                bounds.RequiredThreads = Extent();
                break;
            case ".reqnctapercluster":
                bounds.Cluster = Extent();
                break;
            case ".maxnreg":
                bounds.MaximumRegisters = (int)_lexer.Integer();
                break;
            case ".minnctapersm" or ".maxnctapersm" or ".maxclusterrank":
                _lexer.Integer();
                break;
            case ".explicitcluster" or ".noreturn" or ".blocksareclusters":
                break;
            case ".pragma":
                _lexer.SkipPast(';');
                break;
            default:
                throw _lexer.Error($"the directive {word} of a function is not known");
        }
    }

    private GpuDim Extent()
    {
        int x = (int)_lexer.Integer(), y = 1, z = 1;
        if (_lexer.Take(','))
            y = (int)_lexer.Integer();
        if (_lexer.Take(','))
            z = (int)_lexer.Integer();
        return new GpuDim(x, y, z);
    }

    private ImmutableArray<VariableSyntax> Parameters()
    {
        _lexer.Expect('(', "parameters");
        ImmutableArray<VariableSyntax>.Builder parameters = ImmutableArray.CreateBuilder<VariableSyntax>();
        while (!_lexer.Take(')'))
        {
            _lexer.Expect('.', "parameters");
            string space = _lexer.Word();
            parameters.Add(Declarators(Space(space), isExtern: false, single: true)[0]);
            _lexer.Take(',');
        }

        return parameters.ToImmutable();
    }

    private StateSpace Space(string word) => word switch
    {
        "global" => StateSpace.Global,
        "const" => StateSpace.Const,
        "shared" => StateSpace.Shared,
        "local" => StateSpace.Local,
        "param" => StateSpace.Param,
        "reg" => StateSpace.Register,
        _ => throw _lexer.Error($"the state space .{word} is not known"),
    };
}
