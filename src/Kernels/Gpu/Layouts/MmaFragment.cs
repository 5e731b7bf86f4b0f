namespace Puna.Kernels.Gpu.Layouts;

/// <summary>
/// Where the elements of an operand of <c>mma.sync</c> lie in a warp (PTX ISA, "Matrix fragments for mma"). One rule
/// holds for every shape m16n8k*, and for m8n8k* with 8 bits or fewer and F64: with lane = 4g + t and e elements per
/// register, register r of A holds row g + 8 · (r % 2) and k = e · t + i + 4e · (r / 2); register r of B column g and
/// k = e · t + i + 4e · r; element i of C row g + 8 · (i / 2) and column 2t + i % 2. Elements with lower k or column
/// stand in lower bits.
/// </summary>
/// <param name="Operand">Which operand.</param>
/// <param name="M">Rows of A and C: 16 or 8.</param>
/// <param name="N">Columns of B and C: 8.</param>
/// <param name="K">Columns of A, rows of B.</param>
/// <param name="ElementBits">Bits of an element: 1, 4, 8, 16, 32 (TF32 too) or 64.</param>
internal readonly record struct MmaFragment(MatrixOperand Operand, int M, int N, int K, int ElementBits)
{
    /// <summary>The A operand of a shape.</summary>
    public static MmaFragment A(int m, int n, int k, int elementBits) => new(MatrixOperand.A, m, n, k, elementBits);

    /// <summary>The B operand of a shape.</summary>
    public static MmaFragment B(int m, int n, int k, int elementBits) => new(MatrixOperand.B, m, n, k, elementBits);

    /// <summary>The C or D operand of a shape.</summary>
    public static MmaFragment C(int m, int n, int elementBits) => new(MatrixOperand.C, m, n, 0, elementBits);

    public int Rows => Operand == MatrixOperand.B ? K : M;

    public int Columns => Operand == MatrixOperand.A ? K : N;

    /// <summary>Elements that one lane holds.</summary>
    public int ElementsPerLane => Rows * Columns / 32;

    /// <summary>Elements in one register: of 64 bits for F64, of 32 otherwise.</summary>
    public int ElementsPerRegister => ElementBits == 64 ? 1 : 32 / ElementBits;

    /// <summary>Registers that one lane holds.</summary>
    public int Registers => ElementsPerLane / ElementsPerRegister;

    /// <summary>Which element of the matrix is element <paramref name="index"/> of a lane, counted from bit 0 of register 0.</summary>
    public MatrixPosition At(int lane, int index)
    {
        int g = lane >> 2, t = lane & 3, e = ElementsPerRegister;
        int register = index / e, within = index % e;
        return Operand switch
        {
            MatrixOperand.A when M == 8 => new(g, e * t + within + 4 * e * register),
            MatrixOperand.A => new(g + 8 * (register & 1), e * t + within + 4 * e * (register >> 1)),
            MatrixOperand.B => new(e * t + within + 4 * e * register, g),
            _ => new(g + 8 * (index >> 1), 2 * t + (index & 1)),
        };
    }
}
