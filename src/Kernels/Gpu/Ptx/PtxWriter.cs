using System.Globalization;
using System.Text;

namespace Puna.Kernels.Gpu.Ptx;

/// <summary>Makes the text of a finished kernel. A kernel written twice gives the same text.</summary>
internal sealed class PtxWriter
{
    private const int Columns = 100;
    private readonly StringBuilder _text = new();
    private readonly PtxBuilder _kernel;
    private readonly Dictionary<Value, string> _names;

    private PtxWriter(PtxBuilder kernel) => (_kernel, _names) = (kernel, PtxNames.Assign(kernel.Registers));

    public static string Write(PtxBuilder kernel)
    {
        PtxWriter writer = new(kernel);
        writer.Head();
        writer.Registers();
        writer.Shared();
        writer.Body();
        return writer._text.ToString();
    }

    private void Head()
    {
        int version = _kernel.RequiredPtx;
        Append($".version {version / 10}.{version % 10}\n.target {_kernel.Arch}\n.address_size 64\n\n");
        if (_kernel.DynamicSymbol is { } symbol)
            Append($".extern .shared .align {_kernel.DynamicSharedAlignment} .b8 {symbol}[];\n\n");
        Append($".visible .entry {_kernel.Name}(");
        Append(string.Join(',', _kernel.ParameterDeclarations.Select(p => $"\n    .param {p}")));
        GpuDim threads = _kernel.Threads;
        Append($")\n.reqntid {threads.X}, {threads.Y}, {threads.Z}\n");
        KernelOptions options = _kernel.Options;
        if (options.Cluster is { } cluster)
            Append($".reqnctapercluster {cluster.X}, {cluster.Y}, {cluster.Z}\n");
        if (options.MaxRegisters is { } registers)
            Append($".maxnreg {registers}\n");
        if (options.MinBlocksPerSm is { } blocks)
            Append($".minnctapersm {blocks}\n");
        Append("{\n");
    }

    private void Registers()
    {
        foreach (IGrouping<string, Value> group in _kernel.Registers.GroupBy(r => r.Type.Register).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            IEnumerable<string> numbered = group.Where(r => r.Name is null)
                .GroupBy(r => r.Type.Prefix).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => $"%{g.Key}<{g.Count()}>");
            Declare($"    .reg .{group.Key} ", numbered.Concat(group.Where(r => r.Name is not null).Select(r => $"%{_names[r]}")));
        }
    }

    private void Declare(string head, IEnumerable<string> names)
    {
        string line = head;
        foreach (string name in names)
        {
            if (line.Length > head.Length && line.Length + name.Length + 2 > Columns)
            {
                Append($"{line};\n");
                line = head;
            }

            line += line.Length > head.Length ? $", {name}" : name;
        }

        Append($"{line};\n");
    }

    private void Shared()
    {
        foreach (string declaration in _kernel.SharedDeclarations)
            Append($"    .shared {declaration};\n");
    }

    private void Body()
    {
        Append("\n");
        foreach (Line line in _kernel.Prologue)
            Write(line);
        SourceLine? source = null;
        foreach (Line line in _kernel.Lines)
        {
            if (line.Kind == LineKind.Instruction && line.Source is { } now && now != source)
            {
                source = now;
                Append($"{Indent(line)}// {source}\n");
            }

            Write(line);
        }

        Append("    ret;\n}\n");
    }

    private static string Indent(Line line) => new(' ', 4 + 4 * line.Depth);

    private void Write(Line line)
    {
        if (line.Kind == LineKind.Instruction)
            Instruction(line);
        else if (line.Kind == LineKind.Label)
            Append($"{line.Text}:\n");
        else
            Append($"{Indent(line)}{(line.Kind == LineKind.Comment ? "// " : "")}{line.Text}\n");
    }

    private void Instruction(Line line)
    {
        string guard = line.Guard is { } p ? $"@{(line.IsGuardNegated ? "!" : "")}%{_names[p]} " : "";
        string operands = string.Join(", ", line.Operands.Select(Text));
        Append($"{Indent(line)}{guard}{line.Text}{(operands.Length > 0 ? " " : "")}{operands};");
        string comment = string.Join(", ", line.Operands.Select(o => o.Value is { IsConstant: true } c ? c.ImmediateComment : null).OfType<string>());
        Append(comment.Length > 0 ? $" // {comment}\n" : "\n");
    }

    private string Text(Operand operand)
    {
        if (operand.Items is { } items)
            return operand.Brackets.Open + string.Join(operand.Brackets.Between, items.Select(Text)) + operand.Brackets.Close;
        string text = operand.Value is not { } value ? operand.Text ?? ""
            : value.IsConstant ? value.Immediate
            : $"%{_names[value]}";
        if (!operand.IsAddress)
            return text;
        return operand.Offset == 0 ? $"[{text}]" : string.Create(CultureInfo.InvariantCulture, $"[{text}{operand.Offset:+0;-0}]");
    }

    private void Append(string text) => _text.Append(text);
}
