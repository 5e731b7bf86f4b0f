namespace Puna.Kernels.Gpu;

/// <summary>What every GPU checks before it queues anything.</summary>
internal static class GpuChecks
{
    /// <summary>Whether a grid has no blocks, so that nothing is queued.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A dimension is negative.</exception>
    public static bool IsEmpty(GpuDim grid)
    {
        if (grid.X < 0 || grid.Y < 0 || grid.Z < 0)
            throw new ArgumentOutOfRangeException(nameof(grid), $"Launch: the grid is {grid}, but blocks are counted from 0.");
        return grid.X == 0 || grid.Y == 0 || grid.Z == 0;
    }

    /// <summary>Throws unless the bytes lie in the buffer.</summary>
    /// <exception cref="ArgumentOutOfRangeException">They do not.</exception>
    public static void Range(long size, long offset, long bytes)
    {
        if (offset < 0 || bytes < 0 || offset > size - bytes)
            throw new ArgumentOutOfRangeException(nameof(bytes), $"Copy: {bytes} bytes at {offset} of a buffer of {size}.");
    }

    /// <summary>Throws unless a kernel's text is ASCII without a zero.</summary>
    /// <exception cref="ArgumentException">It is not.</exception>
    public static void Ascii(GpuKernel kernel)
    {
        int bad = kernel.Ptx.AsSpan().IndexOfAnyExceptInRange('\u0001', '\u007f');
        if (bad >= 0)
        {
            throw new ArgumentException(
                $"Load: the text of {kernel.Entry} has the character U+{(int)kernel.Ptx![bad]:X4} at {bad}, but PTX is ASCII "   // found in it, so it is there
                + "(newer compilers refuse anything else, comments included). Take it out.");
        }
    }
}
