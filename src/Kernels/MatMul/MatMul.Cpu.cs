using System.Buffers;
using System.Runtime.Intrinsics;
using Puna.Kernels.Cpu;

namespace Puna.Kernels;

public static partial class MatMul
{
    /// <summary>
    /// Parts that lie in rows: tiles of the output in parallel. Within a segment each output sums k, k + 16, k + 32, … in
    /// sixteen lanes by fused multiply-adds, then the lanes by <see cref="Lanes.Sum(Vector512{float})"/>; codes are whole numbers there, and
    /// a segment's sum is multiplied by the scales. The order is the same in every tile shape.
    /// </summary>
    /// <inheritdoc cref="IBackend.MatMul"/>
    /// <param name="x">F32 <c>[rows, in]</c>.</param>
    /// <param name="weight">The weight, <c>[out, in]</c> in parts; those in panels are left out.</param>
    /// <param name="y">F32 <c>[rows, out]</c>; not <paramref name="x"/>.</param>
    /// <param name="pool">The threads.</param>
    /// <exception cref="ArgumentException">Shapes disagree.</exception>
    public static void Cpu(Tensor x, Linear weight, Tensor y, CpuPool pool)
    {
        Check(x, weight, y);
        ReadRows read = default;
        int column = 0;
        foreach (Part part in weight.Parts)
        {
            if (part.Layout == WeightLayout.Rows)
            {
                if (!read.Serve(part.Format))
                {
                    read.Return();
                    read = ReadRows.Of(x, part.Format, pool);
                }

                Work work = new(x, read, part, weight.Bias, y, column);
                pool.Run(work.RowTiles * work.ColumnTiles, work, static (in Work w, int tile) => Tile(in w, tile));
            }

            column += (int)part.Rows;
        }

        read.Return();
    }

    /// <summary>One part of one product: <paramref name="Column"/> is where the part begins in y.</summary>
    private readonly record struct Work(Tensor X, ReadRows Read, Part Part, Tensor? Bias, Tensor Y, int Column)
    {
        public int ColumnTiles => (int)((Part.Rows + TileColumns - 1) / TileColumns);

        public int RowTiles => (int)((X.Rows + TileRows - 1) / TileRows);
    }

    /// <summary>
    /// Activations as a format reads them: rounded to BF16, or codes and their scales; as they are when there is nothing here.
    /// </summary>
    /// <param name="Format">The format.</param>
    /// <param name="Values">F32 <c>[rows, in]</c>: rounded, or whole numbers.</param>
    /// <param name="Scales">F32 <c>[scale groups, rows]</c> of codes.</param>
    private readonly record struct ReadRows(PartFormat? Format, float[]? Values, float[]? Scales)
    {
        /// <summary>Reads all rows.</summary>
        public static ReadRows Of(Tensor x, PartFormat format, CpuPool pool)
        {
            if (format.Activations == ActivationType.F32)
                return new ReadRows(format, null, null);
            float[] values = ArrayPool<float>.Shared.Rent((int)x.Length);
            float[]? scales = format.Activations == ActivationType.I8 ? ArrayPool<float>.Shared.Rent(format.ScaleGroups * (int)x.Rows) : null;
            ReadRows read = new(format, values, scales);
            pool.Run((int)x.Rows, (x, read), static (in (Tensor X, ReadRows Read) work, int row) => work.Read.ReadOne(work.X, row));
            return read;
        }

        /// <summary>Whether another format reads the same.</summary>
        public bool Serve(PartFormat format) => Format is not null && Format.Activations == format.Activations
            && (format.Activations != ActivationType.I8 || Format.ScaleGroups == format.ScaleGroups);

        /// <summary>Gives the memory back.</summary>
        public void Return()
        {
            if (Values is not null)
                ArrayPool<float>.Shared.Return(Values);
            if (Scales is not null)
                ArrayPool<float>.Shared.Return(Scales);
        }

        private void ReadOne(Tensor x, int row)
        {
            ReadOnlySpan<float> from = x.Row<float>(row);
            Span<float> to = Values.AsSpan(row * from.Length, from.Length);
            if (Scales is null)
            {
                Lanes.Convert<F32Element, float, RoundedToBF16Element, float>(from, to);
                return;
            }

            for (int group = 0; group < Format!.ScaleGroups; group++)   // whoever has scales has a format
            {
                Range some = Format.GroupStart(from.Length, group)..Format.GroupStart(from.Length, group + 1);
                Scales[group * (int)x.Rows + row] = QuantizeRows.Cpu<F32Element, float, RoundedToI8Element, float>(from[some], to[some]);
            }
        }
    }
}
