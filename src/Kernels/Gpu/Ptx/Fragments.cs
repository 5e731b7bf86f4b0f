namespace Puna.Kernels.Gpu.Ptx;

/// <summary>
/// The left operand of <c>mma.sync</c>: 16 rows by 32 bytes along K (16 elements of 16 bits, 32 of 8), spread over a
/// warp. Register r of lane 4g + t holds row g + 8 · (r % 2), and along K the 4 bytes t of half r / 2.
/// </summary>
/// <typeparam name="T">The packed type of its registers, as in <see cref="BF16x2"/>.</typeparam>
/// <param name="r0">Rows 0 to 7, first half of K.</param>
/// <param name="r1">Rows 8 to 15, first half of K.</param>
/// <param name="r2">Rows 0 to 7, second half of K.</param>
/// <param name="r3">Rows 8 to 15, second half of K.</param>
public readonly struct FragmentA<T>(T r0, T r1, T r2, T r3) where T : struct, IRegister<T>
{
    private readonly T[] _registers = [r0, r1, r2, r3];

    /// <summary>A register.</summary>
    /// <param name="register">0 to 3.</param>
    public T this[int register] => _registers[register];

    internal Operand Operand => Fragment.Group(_registers);
}

/// <summary>
/// The right operand of <c>mma.sync</c>: 32 bytes along K by 8 columns, spread over a warp. Register r of lane 4g + t
/// holds column g, and along K the 4 bytes t of half r.
/// </summary>
/// <typeparam name="T">The packed type of its registers, as in <see cref="BF16x2"/>.</typeparam>
/// <param name="r0">First half of K.</param>
/// <param name="r1">Second half of K.</param>
public readonly struct FragmentB<T>(T r0, T r1) where T : struct, IRegister<T>
{
    private readonly T[] _registers = [r0, r1];

    /// <summary>A register.</summary>
    /// <param name="register">0 or 1.</param>
    public T this[int register] => _registers[register];

    internal Operand Operand => Fragment.Group(_registers);
}

/// <summary>
/// The sums of <c>mma.sync</c>: 16 rows by 8 columns, spread over a warp. Element i of lane 4g + t is row
/// g + 8 · (i / 2), column 2t + i % 2; <see cref="PtxBuilder.Pairs{T}(FragmentC{T}, string, int)"/> says so in registers.
/// </summary>
/// <typeparam name="T">F32, or I32 for products of bytes.</typeparam>
public readonly struct FragmentC<T> where T : struct, IRegister<T>
{
    private readonly T[] _variables;

    internal FragmentC(T[] variables) => _variables = variables;

    /// <summary>An element: a variable, which may be <see cref="PtxBuilder.Set{T}"/>.</summary>
    /// <param name="element">0 to 3.</param>
    public T this[int element] => Elements[element];

    internal T[] Elements => _variables ?? throw PtxBuilder.Mistake("a FragmentC was used that was never given a value (a default struct). Make it by Accumulator");
}

/// <summary>Two neighbouring columns of a matrix of sums, as one lane holds them.</summary>
/// <typeparam name="T">Of the sums.</typeparam>
/// <param name="Row">Row in the fragment.</param>
/// <param name="Column">Column of the first, an even number.</param>
/// <param name="Values">The two.</param>
public readonly record struct AccumulatorPair<T>(U32 Row, U32 Column, V2<T> Values) where T : struct, IRegister<T>;

/// <summary>What fragments share.</summary>
internal static class Fragment
{
    /// <summary>Registers that an instruction reads.</summary>
    public static Operand Group<T>(T[]? registers) where T : struct, IRegister<T> => registers is null
        ? throw PtxBuilder.Mistake("a fragment was used that was never given a value (a default struct)")
        : Operand.Vector([.. registers.Select(r => (Operand)r.Value)]);

    /// <summary>Variables that an instruction changes.</summary>
    public static Operand Written<T>(T[] variables) where T : struct, IRegister<T> =>
        Operand.Vector([.. variables.Select(v => Operand.Out(v.Value!))]);   // variables have registers
}
