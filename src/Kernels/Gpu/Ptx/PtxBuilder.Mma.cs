using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

public sealed partial class PtxBuilder
{
    /// <summary>Sums of 16 rows by 8 columns, zero at first.</summary>
    /// <typeparam name="T">F32, or I32 for products of bytes.</typeparam>
    /// <param name="name">Name in the text, with a number behind it.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public FragmentC<T> Accumulator<T>(string name = "sum", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
        where T : struct, IRegister<T> =>
        new(Variables(4, Zero<T>(), name, file, line));

    /// <summary>A grid of <see cref="Accumulator{T}"/>, indexed by tile row and tile column.</summary>
    /// <typeparam name="T">F32, or I32 for products of bytes.</typeparam>
    /// <param name="rows">Tiles of 16 rows.</param>
    /// <param name="columns">Tiles of 8 columns.</param>
    /// <param name="name">Name in the text, with numbers behind it.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public FragmentC<T>[,] Accumulators<T>(int rows, int columns, string name = "sum", [CallerFilePath] string file = "",
        [CallerLineNumber] int line = 0) where T : struct, IRegister<T>
    {
        var tiles = new FragmentC<T>[rows, columns];
        for (int r = 0; r < rows; r++)
        {
            for (int c = 0; c < columns; c++)
                tiles[r, c] = Accumulator<T>($"{name}_{r}_{c}", file, line);
        }

        return tiles;
    }

    /// <summary>
    /// c += a · b on tensor cores (<c>mma.sync</c>, m16n8k16 for 16-bit types and m16n8k32 for bytes): the whole warp
    /// comes. The order of the sum inside is the hardware's.
    /// </summary>
    /// <typeparam name="T">Of the factors; E4M3x4 and E5M2x4 need sm_89, and sm_90 runs them slowly, by conversion.</typeparam>
    /// <typeparam name="TSum">F32, or I32 for bytes.</typeparam>
    /// <param name="a">Left factor, 16 rows.</param>
    /// <param name="b">Right factor, 8 columns.</param>
    /// <param name="c">Sums.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void Mma<T, TSum>(FragmentA<T> a, FragmentB<T> b, FragmentC<TSum> c, [CallerFilePath] string file = "",
        [CallerLineNumber] int line = 0) where T : struct, IRegister<T> where TSum : struct, IRegister<TSum>
    {
        MatrixFormat format = MatrixFormat.Of<T>(this);
        format.CheckSum<TSum>(this);
        string sum = format.Sum.Suffix;
        Emit($"mma.sync.aligned.m16n8k{format.K}.row.col.{sum}.{format.Name}.{format.Name}.{sum}", format.MmaPtx, format.MmaArch,
            Fragment.Written(c.Elements), a.Operand, b.Operand, Fragment.Group(c.Elements));
        At(file, line);
    }

    /// <summary>The elements of a fragment with their places in it: two pairs in each lane.</summary>
    /// <param name="fragment">16 rows by 8 columns.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public AccumulatorPair<T>[] Pairs<T>(FragmentC<T> fragment, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
        where T : struct, IRegister<T>
    {
        U32 low = FragmentRow, high = low + 8;
        At(file, line);
        return
        [
            new(low, FragmentColumn, new(fragment[0], fragment[1])),
            new(high, FragmentColumn, new(fragment[2], fragment[3])),
        ];
    }

    /// <summary>
    /// The sums of two neighbouring tiles as the left factor of another product, without moving anything between lanes:
    /// 16 columns become 16 elements along K (attention's probabilities).
    /// </summary>
    /// <param name="left">Columns 0 to 7.</param>
    /// <param name="right">Columns 8 to 15.</param>
    /// <param name="pack">Rounds two sums into one register, the first into the lower half.</param>
    public FragmentA<T> ToA<T>(FragmentC<F32> left, FragmentC<F32> right, Func<F32, F32, T> pack) where T : struct, IRegister<T>
    {
        ArgumentNullException.ThrowIfNull(pack);
        if (MatrixFormat.Of<T>(this).ElementBits != 16)
            throw Fail($"sums became a left factor of {T.ElementType.Name}, but only 16-bit types lie as sums do");
        return new(pack(left[0], left[1]), pack(left[2], left[3]), pack(right[0], right[1]), pack(right[2], right[3]));
    }

    /// <summary>lane / 4: the lane's first row of a <see cref="FragmentC{T}"/>.</summary>
    public U32 FragmentRow => Derived("fragment_row", "shr.u32", Lane, 2);

    /// <summary>2 · (lane % 4): the lane's first column of a <see cref="FragmentC{T}"/>.</summary>
    public U32 FragmentColumn => Derived("fragment_column", "shl.b32", Derived("lane_in_row", "and.b32", Lane, 3), 1);

    private static T Zero<T>() where T : struct, IRegister<T> => T.From(Value.Constant(T.ElementType, 0));

    // what follows from the thread's number alone is computed once, before the body
    private U32 Derived(string name, string opcode, U32 from, int by)
    {
        if (_special.TryGetValue(name, out Value? known))
            return U32.Of(known);
        Value register = InPrologue(PtxType.U32, name);
        register.Varies = true;
        _prologue.Add(new Line(LineKind.Instruction, opcode, [Operand.Out(register), from.Value, by], 0));
        return U32.Of(_special[name] = register);
    }
}
