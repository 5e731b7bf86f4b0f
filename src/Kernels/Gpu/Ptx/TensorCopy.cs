using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Puna.Kernels.Gpu.Layouts;

namespace Puna.Kernels.Gpu.Ptx;

/// <summary>A tensor map among a kernel's parameters: how tensor copies see a matrix in global memory.</summary>
/// <typeparam name="T">The packed type of its elements, as in <see cref="BF16x2"/>.</typeparam>
public readonly struct TensorMapParameter<T> where T : struct, IRegister<T>
{
    internal TensorMapParameter(Value address, ImmutableArray<int> box, SwizzleMode swizzle, int elementBytes) =>
        (Address, Box, Swizzle, ElementBytes) = (address, box, swizzle, elementBytes);

    /// <summary>Elements of each dimension that one copy moves, innermost first; the launch's map must say the same.</summary>
    public ImmutableArray<int> Box { get; }

    /// <summary>How a box lies in shared memory; the launch's map must say the same.</summary>
    public SwizzleMode Swizzle { get; }

    /// <summary>Bytes of a box, which a barrier expects even where the box hangs over the matrix's edge.</summary>
    public int BoxBytes => Box.Aggregate(ElementBytes, (bytes, extent) => bytes * extent);

    internal Value Address { get; }

    internal int ElementBytes { get; }
}

/// <summary>How a tensor copy treats the cluster and the caches.</summary>
public readonly record struct TensorCopyOptions
{
    /// <summary>Blocks of the cluster that get the box, one bit each, at the same place; null for this block alone.</summary>
    /// <value>null by default.</value>
    public U16? Multicast { get; init; }

    /// <summary>In the second-level cache; made by <see cref="PtxBuilder.CachePolicy"/>.</summary>
    /// <value>null by default.</value>
    public U64? Policy { get; init; }
}

public sealed partial class PtxBuilder
{
    /// <summary>The next parameter of the kernel, a tensor map passed by value; sm_90.</summary>
    /// <typeparam name="T">The packed type of the elements.</typeparam>
    /// <param name="name">Name in the text.</param>
    /// <param name="box">Elements of each dimension that one copy moves, innermost first: 1 to 3 dimensions.</param>
    /// <param name="swizzle">How a box lies in shared memory.</param>
    public TensorMapParameter<T> TensorMapParam<T>(string name, ReadOnlySpan<int> box, SwizzleMode swizzle = SwizzleMode.Bytes128)
        where T : struct, IRegister<T>
    {
        Require("a tensor map", 80, GpuArch.Sm90);
        int size = MatrixFormat.Of<T>(this).ElementBytes;
        ImmutableArray<int> extents = [.. box];
        if (box.Length is < 1 or > 3 || extents.Any(e => e is < 1 or > 256))
            throw Fail($"the box of '{name}' is [{string.Join(", ", extents)}], but 1 to 3 extents from 1 to 256 were expected");
        if (box[0] * size % 16 != 0 || (swizzle != SwizzleMode.None && box[0] * size > Swizzles.SpanBytes(swizzle)))
            throw Fail($"the box of '{name}' is {box[0] * size} bytes wide, but a multiple of 16 up to the swizzle's {Swizzles.SpanBytes(swizzle)} was expected");
        ClaimSymbol(name, "parameter");
        _parameters.Add($".align 64 .b8 {name}[128]");
        Value address = InPrologue(PtxType.U64, name);
        _prologue.Add(new Line(LineKind.Instruction, "mov.b64", [Operand.Out(address), name], 0));
        _prologue.Add(new Line(LineKind.Instruction, "cvta.param.u64", [Operand.Out(address), address], 0));
        return new(address, extents, swizzle, size);
    }

    /// <summary>
    /// Copies a box from global to shared memory (<c>cp.async.bulk.tensor</c>), issued by one thread; sm_90. Elements
    /// outside of the matrix become zero. The barrier counts <see cref="TensorMapParameter{T}.BoxBytes"/>.
    /// </summary>
    /// <typeparam name="T">The packed type of the elements.</typeparam>
    /// <param name="target">A tile of the box's size and swizzle.</param>
    /// <param name="source">The matrix.</param>
    /// <param name="at">The box's first element, innermost coordinate first.</param>
    /// <param name="barrier">Counts the bytes.</param>
    /// <param name="options">Cluster and caches.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void CopyTile<T>(SharedTile<T> target, TensorMapParameter<T> source, ReadOnlySpan<U32> at, Mbarrier barrier,
        TensorCopyOptions options = default, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) where T : struct, IRegister<T>
    {
        CheckTile(target, source);
        string multicast = options.Multicast is null ? "" : ".multicast::cluster", hint = options.Policy is null ? "" : ".L2::cache_hint";
        string opcode = $"cp.async.bulk.tensor.{source.Box.Length}d.shared::cluster.global.tile.mbarrier::complete_tx::bytes{multicast}{hint}";
        Operand[] mask = options.Multicast is { } blocks ? [((IElement<U16>)blocks).Values[0]] : [];
        Emit(opcode, 80, multicast.Length > 0 ? GpuArch.Sm90a : GpuArch.Sm90,
            [target.Start.Place.Operand, Box(source, at), barrier.Place.Operand, .. mask, .. Optional(options.Policy)]);
        At(file, line);
    }

    /// <summary>Copies a box from shared to global memory, as part of the thread's bulk group; sm_90. What is outside of the matrix is dropped.</summary>
    /// <typeparam name="T">The packed type of the elements.</typeparam>
    /// <param name="target">The matrix.</param>
    /// <param name="at">The box's first element, innermost coordinate first.</param>
    /// <param name="source">A tile of the box's size and swizzle; written before a <see cref="FenceAsyncProxy"/>.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void CopyTile<T>(TensorMapParameter<T> target, ReadOnlySpan<U32> at, SharedTile<T> source, [CallerFilePath] string file = "",
        [CallerLineNumber] int line = 0) where T : struct, IRegister<T>
    {
        CheckTile(source, target);
        Emit($"cp.async.bulk.tensor.{target.Box.Length}d.global.shared::cta.tile.bulk_group", 80, GpuArch.Sm90,
            Box(target, at), source.Start.Place.Operand);
        At(file, line);
    }

    /// <summary>Brings a box into the second-level cache; nobody waits for it; sm_90.</summary>
    /// <typeparam name="T">The packed type of the elements.</typeparam>
    /// <param name="source">The matrix.</param>
    /// <param name="at">The box's first element, innermost coordinate first.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void PrefetchTile<T>(TensorMapParameter<T> source, ReadOnlySpan<U32> at, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
        where T : struct, IRegister<T>
    {
        Emit($"cp.async.bulk.prefetch.tensor.{source.Box.Length}d.L2.global.tile", 80, GpuArch.Sm90, Box(source, at));
        At(file, line);
    }

    /// <summary>Brings a tensor map into its cache, ahead of the first copy; sm_90.</summary>
    /// <typeparam name="T">The packed type of the elements.</typeparam>
    /// <param name="map">The parameter.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void Prefetch<T>(TensorMapParameter<T> map, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
        where T : struct, IRegister<T>
    {
        Emit("prefetch.tensormap", 80, GpuArch.Sm90, Operand.Address(map.Address));
        At(file, line);
    }

    private Operand Box<T>(TensorMapParameter<T> map, ReadOnlySpan<U32> at) where T : struct, IRegister<T>
    {
        if (at.Length != map.Box.Length)
            throw Fail($"a box is placed by {at.Length} coordinates, but its tensor map has {map.Box.Length} dimensions");
        return Operand.Bracketed(map.Address, Operand.Vector([.. at.ToArray().Select(c => (Operand)c.Value)]));
    }

    private void CheckTile<T>(SharedTile<T> tile, TensorMapParameter<T> map) where T : struct, IRegister<T>
    {
        if (tile.Bytes != map.BoxBytes || tile.Swizzle != map.Swizzle)
            throw Fail($"a tile of {tile.Bytes} bytes with swizzle {tile.Swizzle} meets a box of {map.BoxBytes} bytes with swizzle {map.Swizzle}, but both must be the same");
    }
}
