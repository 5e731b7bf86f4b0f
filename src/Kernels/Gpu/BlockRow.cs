using Puna.Kernels.Gpu.Ptx;

namespace Puna.Kernels.Gpu;

/// <summary>
/// A row that a block holds in its registers: thread i has the pieces i, i + threads, and so on, each of four elements,
/// or of one where rows do not begin at multiples of 16 bytes. Which thread has what depends on the columns alone.
/// </summary>
/// <param name="Columns">Elements of a row.</param>
internal readonly record struct BlockRow(int Columns)
{
    /// <summary>Columns at most: 32 registers of 1,024 threads.</summary>
    public const int MaxColumns = 32 * 1024;

    private const int TargetPieces = 4;   // 64 bytes in flight per thread

    /// <summary>Elements of a piece.</summary>
    public int Width => Columns % 4 == 0 ? 4 : 1;

    /// <summary>Threads of the block: whole warps.</summary>
    public int Threads => Math.Clamp(((Vectors + TargetPieces - 1) / TargetPieces + 31) / 32 * 32, 32, 1024);

    /// <summary>Pieces of a thread; the last may lie beyond the row.</summary>
    public int Pieces => (Vectors + Threads - 1) / Threads;

    private int Vectors => Columns / Width;

    /// <summary>The row's shape.</summary>
    /// <param name="op">Begins the sentence of an error.</param>
    /// <param name="columns">Elements of a row.</param>
    /// <exception cref="ArgumentException">No block holds such a row.</exception>
    public static BlockRow Of(string op, int columns) => columns is >= 1 and <= MaxColumns
        ? new BlockRow(columns)
        : throw new ArgumentException($"{op}: a row has {columns} columns, but 1 to {MaxColumns} were expected (a block holds "
            + "it in its registers).", nameof(columns));

    /// <summary>
    /// Writes <paramref name="body"/> for each piece of a thread, guarded where threads may be beyond the row.
    /// </summary>
    public void ForEach(PtxBuilder k, Action<int> body)
    {
        for (int i = 0; i < Pieces; i++)
        {
            int piece = i, rest = Vectors - i * Threads;
            if (rest >= Threads)
                body(piece);
            else
                k.If(k.ThreadX < rest, () => body(piece));
        }
    }

    /// <summary>
    /// Writes <paramref name="body"/> for each piece, guarded by the elements that there are; whole pieces.
    /// </summary>
    public void ForEach(PtxBuilder k, U32 elements, Action<int> body)
    {
        U32 vectors = Width == 1 ? elements : elements >> 2;
        for (int i = 0; i < Pieces; i++)
        {
            int piece = i;
            k.If((i == 0 ? k.ThreadX : k.ThreadX + i * Threads) < vectors, () => body(piece));
        }
    }

    /// <summary>The first element of this thread's piece 0 in a row of a matrix.</summary>
    public Global<T> Start<T>(PtxBuilder k, Global<T> matrix, U32 row)
        where T : struct, IElement<T> => Start(k, matrix.Row(row, Columns));

    /// <summary>The first element of this thread's piece 0.</summary>
    public Global<T> Start<T>(PtxBuilder k, Global<T> row) where T : struct, IElement<T> => row.Offset(First(k));

    /// <summary>This thread's row of an output.</summary>
    public RoundedOutput Start(PtxBuilder k, RoundedOutput matrix, U32 row) => matrix.Row(row, Columns, First(k));

    private U32 First(PtxBuilder k) => Width == 1 ? k.ThreadX : k.ThreadX * Width;

    /// <summary>Loads a piece.</summary>
    /// <param name="start">What <see cref="Start{T}(PtxBuilder, Global{T})"/> gave.</param>
    /// <param name="piece">Which.</param>
    public F32[] Load(Global<F32> start, int piece)
    {
        if (Width == 1)
            return [start[piece * Threads]];
        V4<F32> v = start.Cast<V4<F32>>()[piece * Threads];
        return [v.X, v.Y, v.Z, v.W];
    }

    /// <summary>Stores a piece.</summary>
    /// <param name="start">What <see cref="Start{T}(PtxBuilder, Global{T})"/> gave.</param>
    /// <param name="piece">Which.</param>
    /// <param name="v">As many values as <see cref="Width"/>.</param>
    public void Store(Global<F32> start, int piece, F32[] v)
    {
        if (Width == 1)
        {
            start[piece * Threads] = v[0];
            return;
        }

        Global<V4<F32>> vectors = start.Cast<V4<F32>>();
        vectors[piece * Threads] = new V4<F32>(v[0], v[1], v[2], v[3]);
    }

    /// <summary>Stores a piece, rounded.</summary>
    /// <param name="start">What <see cref="Start(PtxBuilder, RoundedOutput, U32)"/> gave.</param>
    /// <param name="piece">Which.</param>
    /// <param name="v">As many values as <see cref="Width"/>.</param>
    public void Store(RoundedOutput start, int piece, F32[] v) => start.Store(piece * Threads * Width, v);
}
