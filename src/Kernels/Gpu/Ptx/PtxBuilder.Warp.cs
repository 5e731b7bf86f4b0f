using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

public sealed partial class PtxBuilder
{
    /// <summary>Every lane of a warp.</summary>
    public const uint AllLanes = 0xFFFFFFFF;

    /// <summary>The value of lane <c>Lane ^ mask</c>.</summary>
    /// <typeparam name="T">A type of 32 bits.</typeparam>
    /// <param name="value">What each lane gives.</param>
    /// <param name="mask">0 to 31.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public T ShuffleXor<T>(T value, U32 mask, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
        where T : struct, IRegister<T> => Shuffle("bfly", value, mask, 31, file, line);

    /// <summary>The value of the lane <paramref name="distance"/> higher; the highest lanes keep their own.</summary>
    /// <typeparam name="T">A type of 32 bits.</typeparam>
    /// <param name="value">What each lane gives.</param>
    /// <param name="distance">0 to 31.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public T ShuffleDown<T>(T value, U32 distance, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
        where T : struct, IRegister<T> => Shuffle("down", value, distance, 31, file, line);

    /// <summary>The value of the lane <paramref name="distance"/> lower; the lowest lanes keep their own.</summary>
    /// <typeparam name="T">A type of 32 bits.</typeparam>
    /// <param name="value">What each lane gives.</param>
    /// <param name="distance">0 to 31.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public T ShuffleUp<T>(T value, U32 distance, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
        where T : struct, IRegister<T> => Shuffle("up", value, distance, 0, file, line);

    /// <summary>The value of one lane.</summary>
    /// <typeparam name="T">A type of 32 bits.</typeparam>
    /// <param name="value">What each lane gives.</param>
    /// <param name="lane">Which lane; may differ between lanes.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public T ShuffleFrom<T>(T value, U32 lane, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
        where T : struct, IRegister<T> => Shuffle("idx", value, lane, 31, file, line);

    /// <summary>The sum over the warp, in every lane: pairs 16 apart first, then 8, 4, 2 and 1, so the order is fixed.</summary>
    /// <param name="value">What each lane gives.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public F32 WarpSum(F32 value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Butterfly(value, (a, b) => a + b, file, line);

    /// <inheritdoc cref="WarpSum(F32, string, int)"/>
    public U32 WarpSum(U32 value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Redux<U32>("add", value, file, line);

    /// <inheritdoc cref="WarpSum(F32, string, int)"/>
    public I32 WarpSum(I32 value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Redux<I32>("add", value, file, line);

    /// <summary>The largest over the warp, in every lane; NaN counts as nothing where there is a number.</summary>
    /// <param name="value">What each lane gives.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public F32 WarpMax(F32 value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Butterfly(value, (a, b) => F32.Max(a, b, file, line), file, line);

    /// <inheritdoc cref="WarpMax(F32, string, int)"/>
    public U32 WarpMax(U32 value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Redux<U32>("max", value, file, line);

    /// <inheritdoc cref="WarpMax(F32, string, int)"/>
    public I32 WarpMax(I32 value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Redux<I32>("max", value, file, line);

    /// <summary>The smallest over the warp, in every lane.</summary>
    /// <param name="value">What each lane gives.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public F32 WarpMin(F32 value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Butterfly(value, (a, b) => F32.Min(a, b, file, line), file, line);

    /// <inheritdoc cref="WarpMin(F32, string, int)"/>
    public U32 WarpMin(U32 value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Redux<U32>("min", value, file, line);

    /// <inheritdoc cref="WarpMin(F32, string, int)"/>
    public I32 WarpMin(I32 value, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Redux<I32>("min", value, file, line);

    private T Butterfly<T>(T value, Func<T, T, T> combine, string file, int line) where T : struct, IRegister<T>
    {
        T total = value;
        for (int distance = 16; distance >= 1; distance /= 2)
            total = combine(total, Shuffle("bfly", total, distance, 31, file, line));
        At(file, line);
        return total;
    }

    private T Shuffle<T>(string mode, T value, U32 place, int clamp, string file, int line) where T : struct, IRegister<T>
    {
        if (T.ElementType.RegisterBits != 32)
            throw Fail($"a {T.ElementType.Name} was shuffled, but lanes exchange 32 bits");
        T result = Result<T>($"shfl.sync.{mode}.b32", InRegister(value.Value), place.Value, clamp, Mask(AllLanes));
        At(file, line);
        return result;
    }

    private T Redux<T>(string operation, T value, string file, int line) where T : struct, IRegister<T>
    {
        T result = Result<T>($"redux.sync.{operation}.{T.ElementType.Suffix}", InRegister(value.Value), Mask(AllLanes));
        At(file, line);
        return result;
    }

    private static Operand Mask(uint mask) => $"0x{mask:X8}";
}
