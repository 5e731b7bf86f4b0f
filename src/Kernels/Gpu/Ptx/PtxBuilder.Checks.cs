using System.Diagnostics;

namespace Puna.Kernels.Gpu.Ptx;

public sealed partial class PtxBuilder
{
    private const string Unset = "a value was used that was never given one (a default struct)";

    /// <summary>A mistake of the kernel's program: the sentence with kernel and C# line in front.</summary>
    internal KernelException Fail(string problem) => new($"{Name} ({CallerLine() ?? _lastSource?.ToString() ?? "line unknown"}): {problem}.");

    /// <summary>A mistake where no kernel is known yet: one about constants.</summary>
    internal static KernelException Mistake(string problem) => new($"PtxBuilder ({CallerLine() ?? "line unknown"}): {problem}.");

    // the first frame outside the language; this costs milliseconds, and only errors pay them
    private static string? CallerLine()
    {
        foreach (StackFrame frame in new StackTrace(fNeedFileInfo: true).GetFrames())
        {
            string? space = frame.GetMethod()?.DeclaringType?.Namespace;
            if (space != typeof(PtxBuilder).Namespace && frame.GetFileName() is { } file)
                return SourceLine.Of(file, frame.GetFileLineNumber()).ToString();
        }

        return null;
    }

    private void CheckOpen()
    {
        if (_isFinished)
            throw Fail("the kernel is finished, but something was added to it");
    }

    private void CheckRead(Value value)
    {
        if (value.IsConstant)
            return;
        if (!ReferenceEquals(value.Builder, this))
            throw Fail($"{Describe(value)} belongs to the kernel {value.Builder.Name}");
        if (value.Scope.IsClosed)
            throw Fail($"{Describe(value)} was used after the block that made it{Place(value)}. Declare a Variable before the block and Set it inside (k.Set; = and += make a new value)");
        if (!value.IsAssigned)
            throw Fail($"{Describe(value)} was used before every way to this line has Set it");
    }

    // where the value was written, as far as C# told
    private string Place(Value value) =>
        _lines.Find(l => l.Source is not null && Array.Exists(l.Operands, o => o.IsWritten && ReferenceEquals(o.Value, value)))
            is { Source: { } source } ? $", at {source}" : "";

    private static string Describe(Value value) =>
        $"{(value.IsVariable ? "the variable" : "the value")} {(value.Name is { } name ? $"'{name}' " : "")}of type {value.Type.Name}";

    /// <summary>The register of an index, named after the C# expression where it has no name yet.</summary>
    internal static Value? NameIndex<T>(T index, string? expression) where T : struct, IRegister<T>
    {
        if (index.Value is { IsConstant: false } value)
            value.Name ??= PtxNames.OfExpression(expression, value.Index);
        return index.Value;
    }
}
