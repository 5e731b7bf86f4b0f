namespace Puna.Kernels.Gpu.Ptx;

/// <summary>
/// Sums of wgmma: 64 rows by N columns, spread over a warpgroup of 128 threads. Elements 2j and 2j + 1 of lane 4g + t of
/// warp w are row 16w + g + 8 · (j % 2), columns 8 · (j / 2) + 2t and the next;
/// <see cref="PtxBuilder.Pairs{T}(WgmmaAccumulator{T}, string, int)"/> says so in registers.
/// </summary>
/// <typeparam name="T">F32, or I32 for products of bytes.</typeparam>
public sealed class WgmmaAccumulator<T> where T : struct, IRegister<T>
{
    private readonly PtxBuilder _kernel;
    private readonly T[] _variables;
    private int _fencesWhenTouched;
    private (int Number, string Line)? _group;

    internal WgmmaAccumulator(PtxBuilder kernel, T[] variables) =>
        (_kernel, _variables, _fencesWhenTouched) = (kernel, variables, kernel.WgmmaFences);

    /// <summary>N.</summary>
    public int Columns => 2 * Count;

    /// <summary>Elements of one thread.</summary>
    public int Count => _variables.Length;

    /// <summary>An element: a variable.</summary>
    /// <param name="element">0 to <see cref="Count"/> − 1.</param>
    /// <exception cref="KernelException">A group that adds to it is under way.</exception>
    public T this[int element]
    {
        get
        {
            if (_group is { } group && group.Number >= _kernel.OldestWgmmaGroup)
                throw _kernel.Fail($"sums were used while the product of {group.Line} may still add to them. Call WgmmaCommit and WgmmaWait before");
            _fencesWhenTouched = _kernel.WgmmaFences;
            return _variables[element];
        }
    }

    /// <summary>The registers, for an instruction that adds to them: from here on they belong to its group.</summary>
    internal T[] Claim(int group, string line)
    {
        if (_fencesWhenTouched == _kernel.WgmmaFences)
            throw _kernel.Fail("wgmma adds to sums that ordinary code has touched, but no WgmmaFence stands between them");
        _group = (group, line);
        return _variables;
    }
}

/// <summary>A matrix in shared memory as wgmma takes it: a 64-bit descriptor.</summary>
/// <typeparam name="T">The packed type of its elements.</typeparam>
public readonly struct MatrixDescriptor<T> where T : struct, IRegister<T>
{
    private readonly (int CopyBytes, int StepBytes, int Steps) _tile;

    internal MatrixDescriptor(U64 bits, MatrixOrder order, (int CopyBytes, int StepBytes, int Steps) tile) =>
        (Bits, Order, _tile) = (bits, order, tile);

    /// <summary>The 64 bits: address, offsets and swizzle.</summary>
    public U64 Bits { get; }

    /// <summary>Whether the tile's rows run along K, or K along its columns.</summary>
    public MatrixOrder Order { get; }

    /// <summary>The same place in another copy of the tile.</summary>
    /// <param name="index">Which; 0 is the one that the descriptor was made of.</param>
    public MatrixDescriptor<T> Copy(U32 index) => new(U32.MadWide(index, _tile.CopyBytes >> 4, Bits), Order, _tile);

    /// <summary>The matrix some instructions' K further: 32 bytes of a row, or 16 rows where K runs along columns.</summary>
    /// <param name="steps">Inside the tile.</param>
    public MatrixDescriptor<T> Step(int steps)
    {
        if (steps < 0 || steps >= _tile.Steps)
            throw PtxBuilder.Mistake($"a descriptor was moved by {steps} steps along K, but its tile has {_tile.Steps}");
        return steps == 0 ? this : new(Bits + (ulong)(steps * _tile.StepBytes >> 4), Order, _tile);
    }
}
