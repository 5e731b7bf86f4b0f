using System.Numerics.Tensors;
using Puna.Kernels.Cpu;

namespace Puna.Kernels;

public static partial class Embed
{
    /// <summary>Row by row, sixteen elements at a time where they lie together; exact.</summary>
    /// <inheritdoc cref="IBackend.Embed"/>
    /// <exception cref="ArgumentException">Shapes disagree, or an id is outside the table.</exception>
    public static void Cpu(Part table, Tensor ids, Tensor y)
    {
        Check(table, ids, y);
        ReadOnlySpan<int> numbers = ids.Row<int>(0);
        for (int i = 0; i < numbers.Length; i++)
        {
            Span<float> output = y.Row<float>(i);
            CopyElements(table, numbers[i], output);
            for (int group = 0; group < table.Format.ScaleGroups; group++)
            {
                Span<float> some = output[table.Format.GroupStart(output.Length, group)..table.Format.GroupStart(output.Length, group + 1)];
                TensorPrimitives.Multiply(some, table.Scales!.Value.Row<float>(group)[numbers[i]], some);   // groups have scales
            }
        }
    }

    private static void CopyElements(Part table, int row, Span<float> output)
    {
        switch (table.Layout, table.Format.DType)
        {
            case (WeightLayout.Panels, _): Panels.CopyRow(table, row, output); break;
            case (_, DType.F32): Lanes.WidenRow<F32Element, float>(table.Codes.Row<float>(row), output); break;
            case (_, DType.BF16): Lanes.WidenRow<BF16Element, ushort>(table.Codes.Row<ushort>(row), output); break;
            case (_, DType.F16): Lanes.WidenRow<F16Element, ushort>(table.Codes.Row<ushort>(row), output); break;
            case (_, DType.I8): Lanes.WidenRow<I8Element, sbyte>(table.Codes.Row<sbyte>(row), output); break;
            default: Lanes.WidenRow<F8E4M3Element, byte>(table.Codes.Row<byte>(row), output); break;
        }
    }
}
