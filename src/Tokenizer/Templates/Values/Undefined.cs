namespace Puna.Tokenizer.Templates.Values;

/// <summary>The error of using what is not there.</summary>
internal static class Undefined
{
    /// <summary>The error for the first undefined operand; null where all are defined.</summary>
    /// <param name="state">The rendering.</param>
    /// <param name="use">What needs a value, such as <c>'+'</c>.</param>
    /// <param name="operands">What it was given.</param>
    public static ChatTemplateException? FailIfAny(RenderState state, string use, params ReadOnlySpan<IValue> operands)
    {
        foreach (IValue operand in operands)
        {
            if (operand is UndefinedValue undefined)
                return Fail(state, undefined, use);
        }

        return null;
    }

    public static ChatTemplateException Fail(RenderState state, UndefinedValue undefined, string use) =>
        state.Fail($"{undefined.Problem}, but {use} needs a value. "
            + "Does the input lack it, or should the template test 'is defined' first?");
}
