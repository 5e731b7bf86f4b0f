using System.Runtime.CompilerServices;
using Puna.Kernels.Gpu.Layouts;

namespace Puna.Kernels.Gpu.Ptx;

public sealed partial class PtxBuilder
{
    private int _wgmmaGroup;

    /// <summary>Fences written so far.</summary>
    internal int WgmmaFences { get; private set; }

    /// <summary>Groups below this number are complete.</summary>
    internal int OldestWgmmaGroup { get; private set; }

    /// <summary>Sums of 64 rows by <paramref name="columns"/> columns over a warpgroup, zero at first; sm_90a.</summary>
    /// <typeparam name="T">F32, or I32 for products of bytes.</typeparam>
    /// <param name="columns">8 to 256, a multiple of 8; of 16 for bytes above 32.</param>
    /// <param name="name">Name in the text, with a number behind it.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public WgmmaAccumulator<T> WgmmaAccumulator<T>(int columns, string name = "sum", [CallerFilePath] string file = "",
        [CallerLineNumber] int line = 0) where T : struct, IRegister<T>
    {
        Require("wgmma", 80, GpuArch.Sm90a);
        if (columns is < 8 or > 256 || columns % 8 != 0)
            throw Fail($"wgmma has {columns} columns, but a multiple of 8 from 8 to 256 was expected");
        if (Threads.Count < WarpgroupThreads)
            throw Fail($"wgmma is used in a block of {Threads.Count} threads, but a warpgroup has {WarpgroupThreads}");
        return new(this, Variables(columns / 2, Zero<T>(), name, file, line));
    }

    /// <summary>A tile as an operand of wgmma: its rows are rows of A, or columns of B, each along K; sm_90a.</summary>
    /// <param name="tile">Swizzled.</param>
    /// <param name="firstRow">Row that the matrix begins with, a multiple of 8.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public MatrixDescriptor<T> Descriptor<T>(SharedTile<T> tile, U32 firstRow, [CallerFilePath] string file = "",
        [CallerLineNumber] int line = 0) where T : struct, IRegister<T>
    {
        // chunks of a row follow each other, so nobody reads the leading offset
        U64 bits = DescriptorBits(tile, firstRow, leadingBytes: 16, file, line);
        return new(bits, MatrixOrder.Rows, (tile.Bytes, 32, tile.RowBytes / 32));
    }

    /// <summary>
    /// Tiles as an operand of wgmma whose columns are rows of A, or columns of B: row k of each holds element k of all of
    /// them. The first copy has the first 64 (128-byte rows), the next copy the next ones; 16-bit types; sm_90a.
    /// </summary>
    /// <param name="tiles">Swizzled; K along their rows' numbers, a multiple of 16 of them.</param>
    /// <param name="copies">Copies of one matrix: <see cref="MatrixDescriptor{T}.Copy"/> moves by as many.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public MatrixDescriptor<T> DescriptorOfColumns<T>(SharedTile<T> tiles, int copies = 1, [CallerFilePath] string file = "",
        [CallerLineNumber] int line = 0) where T : struct, IRegister<T>
    {
        if (MatrixFormat.Of<T>(this).ElementBits != 16)
            throw Fail($"columns of {T.ElementType.Name} became a descriptor, but only 16-bit types can have K along columns");
        if (tiles.Rows % 16 != 0)
            throw Fail($"columns of a tile of {tiles.Rows} rows became a descriptor, but a multiple of 16 was expected");
        U64 bits = DescriptorBits(tiles, 0, leadingBytes: tiles.Bytes, file, line);
        return new(bits, MatrixOrder.Columns, (copies * tiles.Bytes, 16 * tiles.RowBytes, tiles.Rows / 16));
    }

    /// <summary>
    /// Orders the warpgroup's accesses to registers of sums and factors against products behind it: before the first
    /// one, and whenever ordinary code has touched them; sm_90a.
    /// </summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void WgmmaFence([CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        Emit("wgmma.fence.sync.aligned", 80, GpuArch.Sm90a);
        WgmmaFences++;
        At(file, line);
    }

    /// <summary>
    /// sums += a · bᵀ of 64 rows and 32 bytes along K (<c>wgmma.mma_async</c>), issued by all four warps of a warpgroup;
    /// sm_90a. It runs on; its sums may be used after <see cref="WgmmaCommit"/> and <see cref="WgmmaWait"/>.
    /// </summary>
    /// <typeparam name="T">Of the factors. E4M3 sums keep about 14 bits: promote them every 128 of K.</typeparam>
    /// <typeparam name="TSum">F32, or I32 for bytes.</typeparam>
    /// <param name="sums">64 rows by N columns.</param>
    /// <param name="a">64 rows.</param>
    /// <param name="b">N columns, as rows of its tile.</param>
    /// <param name="adds">Where it is false, the sums become a · bᵀ: null for always true.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void Wgmma<T, TSum>(WgmmaAccumulator<TSum> sums, MatrixDescriptor<T> a, MatrixDescriptor<T> b, Pred? adds = null,
        [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) where T : struct, IRegister<T> where TSum : struct, IRegister<TSum> =>
        Wgmma<T, TSum>(sums, (a.Bits.Value, a.Order), b, adds, file, line);

    /// <summary>The same with the left factor in registers: warp w of the four gives its rows 16w to 16w + 15; sm_90a.</summary>
    /// <inheritdoc cref="Wgmma{T, TSum}(WgmmaAccumulator{TSum}, MatrixDescriptor{T}, MatrixDescriptor{T}, Pred?, string, int)"/>
    public void Wgmma<T, TSum>(WgmmaAccumulator<TSum> sums, FragmentA<T> a, MatrixDescriptor<T> b, Pred? adds = null,
        [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) where T : struct, IRegister<T> where TSum : struct, IRegister<TSum> =>
        Wgmma<T, TSum>(sums, (a.Operand, null), b, adds, file, line);

    /// <summary>Closes a group of the warpgroup's products; sm_90a.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void WgmmaCommit([CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        Emit("wgmma.commit_group.sync.aligned", 80, GpuArch.Sm90a);
        _wgmmaGroup++;
        At(file, line);
    }

    /// <summary>Waits until at most the newest <paramref name="pending"/> groups of products are under way; sm_90a.</summary>
    /// <param name="pending">0 to 7; 0 waits for all.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void WgmmaWait(int pending, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        if (pending is < 0 or > 7)
            throw Fail($"WgmmaWait leaves {pending} groups, but 0 to 7 were expected");
        Emit("wgmma.wait_group.sync.aligned", 80, GpuArch.Sm90a, pending);
        OldestWgmmaGroup = Math.Max(OldestWgmmaGroup, _wgmmaGroup - pending);
        At(file, line);
    }

    /// <summary>The elements of the sums with their places: pairs of neighbouring columns.</summary>
    /// <param name="sums">64 rows by N columns.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public AccumulatorPair<T>[] Pairs<T>(WgmmaAccumulator<T> sums, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
        where T : struct, IRegister<T>
    {
        ArgumentNullException.ThrowIfNull(sums);
        U32 warp = Derived("warp_in_group", "and.b32", Derived("warp", "shr.u32", ThreadX, 5), 3);
        U32 low = U32.Mad(warp, 16, FragmentRow, file, line), high = low + 8;
        U32[] columns = [.. Enumerable.Range(0, sums.Columns / 8).Select(c => FragmentColumn + 8 * c)];
        At(file, line);
        return
        [
            .. Enumerable.Range(0, sums.Count / 2).Select(j => new AccumulatorPair<T>(
                j % 2 == 0 ? low : high, columns[j / 2], new(sums[2 * j], sums[2 * j + 1]))),
        ];
    }

    private U64 DescriptorBits<T>(SharedTile<T> tile, U32 firstRow, int leadingBytes, string file, int line) where T : struct, IRegister<T>
    {
        Require("a matrix descriptor", 80, GpuArch.Sm90a);
        if (tile.Swizzle == SwizzleMode.None)
            throw Fail("a tile without a swizzle became a descriptor, but its rows of 16 bytes hold half a step of wgmma. Use a swizzle");
        if (firstRow.Value is { IsConstant: true } row && (row.Bits % 8 != 0 || row.Bits >= (ulong)tile.Rows))
            throw Fail($"a descriptor begins with row {row.Bits}, but a multiple of 8 below the tile's {tile.Rows} was expected (the swizzle repeats every 8 rows)");
        U32 address = tile.Start.Cast<U32>().Row(firstRow, tile.RowBytes / 4).Address;
        ulong layout = new WgmmaDescriptor(0, leadingBytes, 8 * tile.RowBytes, tile.Swizzle).Encode();
        U64 bits = Result<U64>("cvt.u64.u32", ((address >> 4) & 0x3FFF).Value) | layout;
        At(file, line);
        return bits;
    }

    private void Wgmma<T, TSum>(WgmmaAccumulator<TSum> sums, (Operand Operand, MatrixOrder? Order) a, MatrixDescriptor<T> b, Pred? adds, string file, int line)
        where T : struct, IRegister<T> where TSum : struct, IRegister<TSum>
    {
        ArgumentNullException.ThrowIfNull(sums);
        MatrixFormat format = MatrixFormat.Of<T>(this);
        format.CheckSum<TSum>(this);
        bool isInteger = format.Sum == PtxType.I32;
        if (isInteger && sums.Columns > 32 && sums.Columns % 16 != 0)
            throw Fail($"wgmma of bytes has {sums.Columns} columns, but above 32 a multiple of 16 was expected");
        string opcode = $"wgmma.mma_async.sync.aligned.m64n{sums.Columns}k{format.K}.{format.Sum.Suffix}.{format.Name}.{format.Name}";
        Operand[] signs = isInteger ? [] : [1, 1];
        Operand[] orders = format.ElementBits != 16 ? [] : a.Order is { } order ? [(int)order, (int)b.Order] : [(int)b.Order];
        Operand scale = adds is { } p ? ((IElement<Pred>)p).Values[0] : 1;
        Emit(opcode, 80, GpuArch.Sm90a, [Fragment.Written(sums.Claim(_wgmmaGroup, SourceLine.Of(file, line).ToString())), a.Operand, b.Bits.Value, scale, .. signs, .. orders]);
        At(file, line);
    }
}
