using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

public sealed partial class PtxBuilder
{
    /// <summary>Whether the predicate holds in every lane of the warp.</summary>
    /// <param name="predicate">Of each lane.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public Pred WarpAll(Pred predicate, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Vote<Pred>("vote.sync.all.pred", predicate, file, line);

    /// <summary>Whether the predicate holds in some lane of the warp.</summary>
    /// <param name="predicate">Of each lane.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public Pred WarpAny(Pred predicate, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Vote<Pred>("vote.sync.any.pred", predicate, file, line);

    /// <summary>The lanes where the predicate holds, one bit each.</summary>
    /// <param name="predicate">Of each lane.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public U32 Ballot(Pred predicate, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Vote<U32>("vote.sync.ballot.b32", predicate, file, line);

    /// <summary>The lanes that hold the same value as this one, one bit each.</summary>
    /// <param name="value">Of each lane.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public U32 MatchAny(U32 value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        U32 lanes = Result<U32>("match.any.sync.b32", InRegister(value.Value), Mask(AllLanes));
        At(file, line);
        return lanes;
    }

    /// <summary>Chooses one lane of the warp; sm_90.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public Pred Elect([CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        Value leader = NewRegister(PtxType.Pred, "is_elected");
        Emit("elect.sync", 80, GpuArch.Sm90, Operand.Pair("_", Operand.Out(leader)), Mask(AllLanes));
        leader.Varies = true;
        At(file, line);
        return Pred.Of(leader);
    }

    private T Vote<T>(string opcode, Pred predicate, string file, int line) where T : struct, IRegister<T>
    {
        T result = Result<T>(opcode, Condition(predicate, null), Mask(AllLanes));
        At(file, line);
        return result;
    }
}
