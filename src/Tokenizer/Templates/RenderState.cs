using System.Numerics;
using System.Runtime.CompilerServices;
using Puna.Tokenizer.Templates.Values;

namespace Puna.Tokenizer.Templates;

/// <summary>Where one rendering stands: the current line, and what it has used of its limits.</summary>
/// <param name="name">The template's name, for messages.</param>
/// <param name="limits">What may be used.</param>
/// <param name="clock">What <c>strftime_now</c> reads.</param>
internal sealed class RenderState(string name, TemplateLimits limits, TimeProvider clock)
{
    /// <summary>Longest integer, in decimal digits; Python itself stops at 4,300 when it prints one.</summary>
    public const int MaxDigits = 10_000;

    private long _steps;
    private int _depth;

    /// <summary>The line of the template that is being evaluated.</summary>
    public int Line { get; set; } = 1;

    public TimeProvider Clock => clock;

    public ChatTemplateException Fail(string problem) => new(name, Line, problem);

    /// <summary>The template's own refusal: its message alone, so that a user reads what its author wrote.</summary>
    public ChatTemplateException Refuse(string message) => new(name, Line, message, message);

    public void Spend(long steps)
    {
        _steps += steps;
        if (_steps > limits.MaxSteps)
            throw Fail($"rendering takes more than {limits.MaxSteps} steps, but MaxSteps allows no more. "
                + "Does the template loop without need? If not, raise the limit.");
    }

    /// <summary>Accounts for text that is made or read.</summary>
    public void SpendText(long total, long added)
    {
        CheckCharacters(total);
        Spend(1 + added / 16);
    }

    public void CheckCharacters(long count)
    {
        if (count > limits.MaxCharacters)
            throw Fail($"a text grows beyond {limits.MaxCharacters} characters, but MaxCharacters allows no more. "
                + "If the input is meant to be that long, raise the limit.");
    }

    /// <summary>Goes one level deeper; <see cref="Leave"/> comes back.</summary>
    public void Enter()
    {
        CheckDepth(++_depth);
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw Fail("nesting uses up the thread's stack, but the template is evaluated on it. "
                + "Render on a thread with a larger stack, or lower MaxDepth.");
    }

    public void Leave() => _depth--;

    public void CheckDepth(int depth)
    {
        if (depth > limits.MaxDepth)
            throw Fail($"nesting goes deeper than {limits.MaxDepth} levels, but MaxDepth allows no more. "
                + "Does a macro call itself, or a value hold itself?");
    }

    public IntValue Integer(BigInteger value, bool isTrusted = true)
    {
        // a decimal digit takes 3.32 bits
        if (value.GetBitLength() > MaxDigits * 3.33)
            throw Fail($"an integer has more than {MaxDigits} digits, but no more are supported. "
                + "Use a float, or smaller numbers.");
        return new(value, isTrusted);
    }

    public Sequence List(IReadOnlyList<IValue> items, bool isTrusted = true) =>
        Sequence(items, SequenceKind.List, isTrusted);

    public Sequence Tuple(IReadOnlyList<IValue> items, bool isTrusted = true) =>
        Sequence(items, SequenceKind.Tuple, isTrusted);

    public Sequence Sequence(IReadOnlyList<IValue> items, SequenceKind kind, bool isTrusted)
    {
        Spend(1 + items.Count);
        int depth = 0;
        foreach (IValue item in items)
            depth = Math.Max(depth, Dict.DepthOf(item));
        CheckDepth(depth + 1);
        return new(items, kind, isTrusted, depth + 1);
    }

    /// <summary>Sets an entry of a dict that is being made.</summary>
    public void Set(Dict dict, IValue key, IValue value)
    {
        if (!KeyComparer.IsHashable(key))
            throw Fail($"{Python.PythonTypes.Some(key)} is given as the key of a dict, "
                + "but only strings, numbers, booleans and none can be keys.");
        Spend(1);
        dict.Set(key, value);
        CheckDepth(dict.Depth);
    }
}
