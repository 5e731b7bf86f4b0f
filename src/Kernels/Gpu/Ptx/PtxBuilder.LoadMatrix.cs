using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

/// <summary>How the elements of a matrix lie toward the lanes that get them.</summary>
public enum MatrixOrder
{
    /// <summary>A lane gets neighbours of one row.</summary>
    Rows,

    /// <summary>A lane gets neighbours of one column; 16-bit elements only.</summary>
    Columns,
}

public sealed partial class PtxBuilder
{
    /// <summary>
    /// 1, 2 or 4 matrices of 8 rows of 16 bytes from shared memory (<c>ldmatrix</c>): lane 8i + r gives the address of row
    /// r of matrix i, and lane 4g + t gets bytes 4t to 4t + 3 of row g of each.
    /// </summary>
    /// <typeparam name="T">A packed type.</typeparam>
    /// <param name="row">This lane's row, aligned to 16 bytes.</param>
    /// <param name="count">1, 2 or 4; lanes from 8 · count on may give any address.</param>
    /// <param name="order">Columns transposes each matrix.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public T[] LoadMatrix<T>(Shared<T> row, int count, MatrixOrder order = MatrixOrder.Rows, [CallerFilePath] string file = "",
        [CallerLineNumber] int line = 0) where T : struct, IRegister<T>
    {
        string suffix = MatrixSuffix<T>("LoadMatrix", count, order);
        T[] results = new T[count];
        for (int i = 0; i < count; i++)
            results[i] = T.From(NewRegister(T.ElementType));
        Emit($"ldmatrix.sync.aligned.m8n8.{suffix}", Fragment.Written(results), row.Place.Operand);
        At(file, line);
        return results;
    }

    /// <summary>1, 2 or 4 matrices of 8 rows of 16 bytes to shared memory (<c>stmatrix</c>); sm_90.</summary>
    /// <typeparam name="T">A packed type.</typeparam>
    /// <param name="row">This lane's row, as in <see cref="LoadMatrix{T}"/>.</param>
    /// <param name="values">One register of each matrix.</param>
    /// <param name="order">Columns transposes each matrix.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void StoreMatrix<T>(Shared<T> row, ReadOnlySpan<T> values, MatrixOrder order = MatrixOrder.Rows, [CallerFilePath] string file = "",
        [CallerLineNumber] int line = 0) where T : struct, IRegister<T>
    {
        string opcode = $"stmatrix.sync.aligned.m8n8.{MatrixSuffix<T>("StoreMatrix", values.Length, order)}";
        Emit(opcode, 78, GpuArch.Sm90, row.Place.Operand, Fragment.Group(values.ToArray()));
        At(file, line);
    }

    /// <summary>A left factor from shared memory: lane l gives row l % 16 and chunk l / 16 of 16 bytes along K.</summary>
    /// <typeparam name="T">A packed type.</typeparam>
    /// <param name="row">This lane's chunk, by <see cref="PlaceInA"/>.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public FragmentA<T> LoadA<T>(Shared<T> row, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
        where T : struct, IRegister<T>
    {
        T[] r = LoadMatrix(row, 4, MatrixOrder.Rows, file, line);
        return new(r[0], r[1], r[2], r[3]);
    }

    /// <summary>
    /// Two right factors, of columns 0 to 7 and 8 to 15, from shared memory that holds each column along K: lane l gives
    /// column l % 8 + 8 · (l / 16) and chunk l / 8 % 2 of 16 bytes along K.
    /// </summary>
    /// <typeparam name="T">A packed type.</typeparam>
    /// <param name="column">This lane's chunk, by <see cref="PlaceInB"/>.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public FragmentB<T>[] LoadB<T>(Shared<T> column, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
        where T : struct, IRegister<T>
    {
        T[] r = LoadMatrix(column, 4, MatrixOrder.Rows, file, line);
        return [new(r[0], r[1]), new(r[2], r[3])];
    }

    /// <summary>Row of 16 and 16-byte chunk of 2 whose address this lane gives to <see cref="LoadA{T}"/>.</summary>
    public (U32 Row, U32 Chunk) PlaceInA => (Derived("a_row", "and.b32", Lane, 15), Derived("a_chunk", "shr.u32", Lane, 4));

    /// <summary>Column of 16 and 16-byte chunk of 2 whose address this lane gives to <see cref="LoadB{T}"/>.</summary>
    public (U32 Column, U32 Chunk) PlaceInB
    {
        get
        {
            U32 chunk = Derived("b_chunk", "and.b32", Derived("lane_eighth", "shr.u32", Lane, 3), 1);
            U32 upper = Derived("b_upper", "shl.b32", Derived("lane_half", "shr.u32", Lane, 4), 3);
            return (Derived("lane_of_eight", "and.b32", Lane, 7) + upper, chunk);
        }
    }

    private string MatrixSuffix<T>(string method, int count, MatrixOrder order) where T : struct, IRegister<T>
    {
        if (T.ElementType.RegisterBits != 32)
            throw Fail($"{method} was called for {T.ElementType.Name}, but matrices move in registers of 32 bits");
        if (count is not (1 or 2 or 4))
            throw Fail($"{method} moves {count} matrices, but 1, 2 or 4 were expected");
        if (order == MatrixOrder.Columns && MatrixFormat.Of<T>(this).ElementBits != 16)
            throw Fail($"{method} transposes {T.ElementType.Name}, but only 16-bit elements can be transposed");
        return $"x{count}{(order == MatrixOrder.Columns ? ".trans" : "")}.shared.b16";
    }
}
