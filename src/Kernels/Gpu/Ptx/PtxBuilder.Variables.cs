using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

public sealed partial class PtxBuilder
{
    /// <summary>A register that <see cref="Set{T}"/> may change, with a first value.</summary>
    /// <remarks>A variable is the register itself: a C# copy of it changes with it. <see cref="Copy{T}"/> keeps a value.</remarks>
    /// <param name="initial">Its value until the first Set.</param>
    /// <param name="name">Name in the text; otherwise the first Set's expression gives it.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public T Variable<T>(T initial, string? name = null, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
        where T : struct, IRegister<T>
    {
        T variable = NewVariable<T>(name, null);
        Assign(variable, initial);
        At(file, line);
        return variable;
    }

    /// <summary>A register that has no value until it is Set; a use before that is an error.</summary>
    /// <param name="name">Name in the text; otherwise the first Set's expression gives it.</param>
    public T Variable<T>(string? name = null) where T : struct, IRegister<T> => NewVariable<T>(name, null);

    /// <summary>An array of variables, indexed while the kernel is written: registers have no index at run time.</summary>
    /// <param name="count">How many.</param>
    /// <param name="initial">Value of each.</param>
    /// <param name="name">Name in the text, with a number behind it; otherwise the first Set's expression gives it.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public T[] Variables<T>(int count, T initial, string? name = null, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
        where T : struct, IRegister<T>
    {
        T[] variables = Variables<T>(count, name);
        foreach (T variable in variables)
            Assign(variable, initial);
        At(file, line);
        return variables;
    }

    /// <summary>An array of variables without a value.</summary>
    /// <param name="count">How many.</param>
    /// <param name="name">Name in the text, with a number behind it; otherwise the first Set's expression gives it.</param>
    public T[] Variables<T>(int count, string? name = null) where T : struct, IRegister<T>
    {
        T[] variables = new T[count];
        for (int i = 0; i < count; i++)
            variables[i] = NewVariable<T>(name is null ? null : $"{name}_{i}", i);
        return variables;
    }

    /// <summary>Gives a variable a new value.</summary>
    /// <param name="variable">Made by <see cref="Variable{T}(T, string?, string, int)"/>.</param>
    /// <param name="value">What it holds from here on.</param>
    /// <param name="name">Passed by the compiler.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void Set<T>(T variable, T value, [CallerArgumentExpression(nameof(variable))] string? name = null,
        [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) where T : struct, IRegister<T>
    {
        if (variable.Value is not { IsVariable: true } target)
            throw Fail($"Set was called on {(variable.Value is { IsConstant: false } v ? Describe(v) : "a constant")}, but values are written once (only a Variable can be Set)");
        if (!ReferenceEquals(target.Builder, this) || target.Scope!.IsClosed)
            CheckRead(target);
        target.Name ??= PtxNames.OfExpression(name, target.Index);
        Assign(variable, value);
        At(file, line);
    }

    /// <inheritdoc cref="Set{T}"/>
    public void Set(F32 variable, F32 value, [CallerArgumentExpression(nameof(variable))] string? name = null,
        [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Set<F32>(variable, value, name, file, line);

    /// <inheritdoc cref="Set{T}"/>
    public void Set(U32 variable, U32 value, [CallerArgumentExpression(nameof(variable))] string? name = null,
        [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Set<U32>(variable, value, name, file, line);

    /// <inheritdoc cref="Set{T}"/>
    public void Set(I32 variable, I32 value, [CallerArgumentExpression(nameof(variable))] string? name = null,
        [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Set<I32>(variable, value, name, file, line);

    /// <inheritdoc cref="Set{T}"/>
    public void Set(U64 variable, U64 value, [CallerArgumentExpression(nameof(variable))] string? name = null,
        [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Set<U64>(variable, value, name, file, line);

    /// <inheritdoc cref="Set{T}"/>
    public void Set(I64 variable, I64 value, [CallerArgumentExpression(nameof(variable))] string? name = null,
        [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Set<I64>(variable, value, name, file, line);

    /// <inheritdoc cref="Set{T}"/>
    public void Set(F64 variable, F64 value, [CallerArgumentExpression(nameof(variable))] string? name = null,
        [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => Set<F64>(variable, value, name, file, line);

    /// <summary>The value in a register of its own: of a variable, what it holds now; of a constant, the constant.</summary>
    /// <param name="value">What to keep.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public T Copy<T>(T value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) where T : struct, IRegister<T>
    {
        T copy = Result<T>(MoveOpcode(T.ElementType), MoveSource(value.Value));
        At(file, line);
        return copy;
    }

    private T NewVariable<T>(string? name, int? index) where T : struct, IRegister<T>
    {
        CheckOpen();
        Value variable = Value.Variable(this, T.ElementType, _scope, index);
        variable.Name = name is null ? null : PtxNames.Identifier(name);
        _registers.Add(variable);
        return T.From(variable);
    }

    private void Assign<T>(T variable, T value) where T : struct, IRegister<T> =>
        Emit(MoveOpcode(T.ElementType), Operand.Out(variable.Value!), MoveSource(value.Value)); // callers pass a variable

    internal static string MoveOpcode(PtxType type) => type.HasImmediates && type.Bytes >= 2 ? $"mov.{type.Suffix}" : $"mov.{type.Register}";

    // mov takes a constant of any type as bits, so that none needs a register before it
    private static Operand MoveSource(Value? value) =>
        value is { IsConstant: true, Type.HasImmediates: false } ? $"0x{value.Bits:X}" : value;
}

/// <summary>Names in the text for values that no other call names.</summary>
public static class NamedValues
{
    /// <summary>Gives the value's register a name in the text.</summary>
    /// <param name="value">A value in a register.</param>
    /// <param name="name">ASCII letters, digits and underscores.</param>
    /// <returns>The same value.</returns>
    /// <exception cref="KernelException">The name has other characters.</exception>
    public static T Named<T>(this T value, string name) where T : struct, IRegister<T>
    {
        if (value.Value is not { IsConstant: false } register)
            return value;
        if (!PtxNames.IsIdentifier(name))
            throw register.Builder.Fail($"a value was named '{name}', but ASCII letters, digits and underscores were expected, not starting with a digit");
        register.Name = name;
        return value;
    }
}
