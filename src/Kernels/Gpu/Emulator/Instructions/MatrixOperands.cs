using System.Numerics;
using Puna.Kernels.Gpu.Emulator.Numerics;

namespace Puna.Kernels.Gpu.Emulator.Instructions;

/// <summary>What the instructions on matrix fragments share.</summary>
internal static class MatrixOperands
{
    /// <summary>
    /// Whether all lanes of the warp execute an <c>.aligned</c> instruction together. If not, those that have come wait; if
    /// nobody else can come, that is reported and the instruction is done with the registers as they are.
    /// </summary>
    public static bool IsTogether(Instruction instruction, Warp w, uint mask)
    {
        if (mask == Warp.All)
            return true;
        if (!Convergence.Whole(w, instruction, mask))
            return false;
        if (w.Alive != Warp.All && w.IsNew(FindingKind.DivergentBarrier, instruction))
        {
            w.Report(FindingKind.DivergentBarrier, instruction, BitOperations.TrailingZeroCount(mask), 0,
                $"Lanes 0x{~w.Alive:x8} do not exist or have exited, but the whole warp must execute it.");
        }

        return true;
    }

    /// <summary>Bit g of the result: any of the lanes 4g to 4g + 3.</summary>
    public static uint Quads(uint lanes)
    {
        lanes |= lanes >> 1;
        lanes |= lanes >> 2;
        uint quads = 0;
        for (int g = 0; g < 8; g++)
            quads |= (lanes >> (4 * g) & 1) << g;
        return quads;
    }

    /// <summary>Marks what is undefined in one register of an accumulator.</summary>
    /// <param name="w">The warp.</param>
    /// <param name="d">The register of D.</param>
    /// <param name="c">That of C.</param>
    /// <param name="index">Its number among the accumulator's registers.</param>
    /// <param name="rows">Rows of A with undefined elements.</param>
    /// <param name="columns">Columns of B with undefined elements.</param>
    /// <param name="element">Type of the accumulator: two F16 stand in a register, of others one.</param>
    /// <param name="origin">The instruction that made them undefined.</param>
    public static void TaintAccumulator(
        Warp w, Register d, Register c, int index, uint rows, uint columns, MatrixElement element, int origin)
    {
        bool isPair = element == MatrixElement.F16;
        int rowBase = 8 * (isPair ? index : index >> 1);
        for (int lane = 0; lane < 32; lane++)
        {
            bool row = (rows >> (rowBase + (lane >> 2)) & 1) != 0;
            int column = 2 * (lane & 3);
            int inherited = w.UndefinedBytes(c, lane);
            int bytes;
            if (isPair)
            {
                bytes = (row || (columns >> column & 1) != 0 || (inherited & 3) != 0 ? 3 : 0)
                    | (row || (columns >> (column + 1) & 1) != 0 || (inherited & 12) != 0 ? 12 : 0);
            }
            else
            {
                bool isUndefined = row || (columns >> (column + (index & 1)) & 1) != 0 || inherited != 0;
                bytes = isUndefined ? element == MatrixElement.F64 ? 0xFF : 0xF : 0;
            }

            w.SetUndefinedBytes(d, lane, (byte)bytes, origin);
        }
    }
}
