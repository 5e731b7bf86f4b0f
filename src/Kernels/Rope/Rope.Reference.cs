namespace Puna.Kernels;

/// <summary>
/// Rotary position embedding: Su et al. 2021, arXiv:2104.09864, equation 34, in the layout of Hugging Face
/// checkpoints, which rotates element j of a head with element j + head_dim / 2.
/// </summary>
public static partial class Rope
{
    /// <summary>
    /// The definition. The angle is F32(position) times F32(frequency), rounded to F32; its cosine and sine are
    /// rounded to F32; the rotation is in double precision.
    /// </summary>
    /// <inheritdoc cref="IBackend.Rope"/>
    /// <exception cref="ArgumentException">Shapes disagree.</exception>
    public static void Reference(Tensor queryKeyValue, HeadLayout heads, Tensor frequencies, Tensor positions)
    {
        Check(queryKeyValue, heads, frequencies, positions);
        int half = heads.HeadDim / 2;
        for (int r = 0; r < queryKeyValue.Rows; r++)
        {
            Span<float> row = queryKeyValue.Row<float>(r);
            for (int j = 0; j < half; j++)
            {
                float angle = (float)positions.Row<int>(0)[r] * frequencies.Row<float>(0)[j];
                double cos = (float)Math.Cos(angle), sin = (float)Math.Sin(angle);
                for (int head = 0; head < heads.HeadCount + heads.KvHeadCount; head++)
                {
                    ref float first = ref row[head * heads.HeadDim + j];
                    ref float second = ref row[head * heads.HeadDim + half + j];
                    (first, second) = ((float)(first * cos - second * sin), (float)(second * cos + first * sin));
                }
            }
        }
    }

    private static void Check(Tensor queryKeyValue, HeadLayout heads, Tensor frequencies, Tensor positions)
    {
        if (queryKeyValue.DType != DType.F32 || queryKeyValue.Cols != heads.QuerySize + 2 * heads.KvSize
            || frequencies.DType != DType.F32 || frequencies.Length * 2 != heads.HeadDim
            || positions.DType != DType.I32 || positions.Length != queryKeyValue.Rows)
        {
            throw new ArgumentException(
                $"Rope: rows are {queryKeyValue} of {heads}, frequencies {frequencies}, positions {positions}.");
        }
    }
}
