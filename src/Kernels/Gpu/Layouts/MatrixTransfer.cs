namespace Puna.Kernels.Gpu.Layouts;

/// <summary>
/// Lanes and registers of <c>ldmatrix</c>, <c>stmatrix</c> and <c>movmatrix</c>: 8 × 8 matrices of 16-bit elements, a row
/// of 16 bytes per address.
/// </summary>
internal static class MatrixTransfer
{
    /// <summary>The lane whose address is row <paramref name="row"/> of matrix <paramref name="matrix"/>.</summary>
    public static int AddressLane(int matrix, int row) => 8 * matrix + row;

    /// <summary>
    /// The element of an 8 × 8 matrix in half <paramref name="half"/> (0: low) of a lane's register, the matrix being the
    /// register's number.
    /// </summary>
    public static MatrixPosition At(int lane, int half, bool isTransposed)
    {
        int g = lane >> 2, across = 2 * (lane & 3) + half;
        return isTransposed ? new(across, g) : new(g, across);
    }
}
