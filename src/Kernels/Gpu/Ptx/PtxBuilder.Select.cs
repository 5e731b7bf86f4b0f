using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

public sealed partial class PtxBuilder
{
    /// <summary>One of two values, without a branch.</summary>
    /// <param name="condition">Decides in each thread.</param>
    /// <param name="yes">The result where it holds.</param>
    /// <param name="no">The result where it does not.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public T Select<T>(Pred condition, T yes, T no, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
        where T : struct, IRegister<T>
    {
        string type = T.ElementType is { HasImmediates: true, Bytes: > 1 } ? T.ElementType.Suffix : T.ElementType.Register;
        if (type == "pred")
            throw Fail("Select chose between predicates, but PTX chooses between values only. Use & and |");
        T result = Result<T>($"selp.{type}", yes.Value, no.Value, Condition(condition, null));
        At(file, line);
        return result;
    }

    /// <inheritdoc cref="Select{T}"/>
    public F32 Select(Pred condition, F32 yes, F32 no, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Select<F32>(condition, yes, no, file, line);

    /// <inheritdoc cref="Select{T}"/>
    public U32 Select(Pred condition, U32 yes, U32 no, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Select<U32>(condition, yes, no, file, line);

    /// <inheritdoc cref="Select{T}"/>
    public I32 Select(Pred condition, I32 yes, I32 no, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Select<I32>(condition, yes, no, file, line);
}
