using System.Buffers;
using Puna.Kernels.Cpu;

namespace Puna.Kernels;

public static partial class MatMul
{
    /// <summary>
    /// Activations as a format reads them: rounded to BF16, or codes and their scales; as they are when there is nothing here.
    /// </summary>
    /// <param name="Format">The format; nothing for a part that does not lie in rows.</param>
    /// <param name="Values">F32 <c>[rows, in]</c>: rounded, or whole numbers.</param>
    /// <param name="Scales">F32 <c>[scale groups, rows]</c> of codes.</param>
    /// <param name="IsShared">Whether the memory is another part's.</param>
    private readonly record struct ReadRows(PartFormat? Format, float[]? Values, float[]? Scales, bool IsShared)
    {
        /// <summary>Reads all rows for each part that lies in rows; what several read alike is read once.</summary>
        /// <returns>At least one for each part, to be given to <see cref="Return"/>.</returns>
        public static ReadRows[] ForEach(Tensor x, Linear weight, CpuPool pool)
        {
            ReadRows[] reads = ArrayPool<ReadRows>.Shared.Rent(weight.Parts.Length);
            for (int i = 0; i < weight.Parts.Length; i++)
            {
                PartFormat format = weight.Parts[i].Format;
                int same = 0;
                while (same < i && !reads[same].Serves(format))
                    same++;
                if (weight.Parts[i].Layout != WeightLayout.Rows)
                    reads[i] = default;
                else
                    reads[i] = same < i ? reads[same] with { IsShared = true } : Of(x, format, pool);
            }

            return reads;
        }

        /// <summary>Gives the memory back.</summary>
        public static void Return(ReadRows[] reads, int count)
        {
            foreach (ReadRows read in reads.AsSpan(0, count))
            {
                if (!read.IsShared && read.Values is not null)
                    ArrayPool<float>.Shared.Return(read.Values);
                if (!read.IsShared && read.Scales is not null)
                    ArrayPool<float>.Shared.Return(read.Scales);
            }

            ArrayPool<ReadRows>.Shared.Return(reads, clearArray: true);
        }

        private static ReadRows Of(Tensor x, PartFormat format, CpuPool pool)
        {
            if (format.Activations == ActivationType.F32)
                return new ReadRows(format, null, null, IsShared: false);
            float[] values = ArrayPool<float>.Shared.Rent(checked((int)x.Length));
            float[]? scales = format.Activations == ActivationType.I8
                ? ArrayPool<float>.Shared.Rent(format.ScaleGroups * (int)x.Rows)
                : null;
            ReadRows read = new(format, values, scales, IsShared: false);
            pool.Run((int)x.Rows, (x, read), static (in (Tensor X, ReadRows Read) work, int row) => work.Read.ReadOne(work.X, row));
            return read;
        }

        private bool Serves(PartFormat format) => Format is not null && Format.Activations == format.Activations
            && (Scales is null || Format.ScaleGroups == format.ScaleGroups);

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
