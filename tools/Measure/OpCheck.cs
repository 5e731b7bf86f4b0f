using System.Runtime.InteropServices;
using Puna.Kernels;

namespace Puna.Tools.Measure;

/// <summary>How a backend's result of a call compares with the reference's.</summary>
/// <param name="Compared">Elements that were compared.</param>
/// <param name="LargestError">Largest absolute difference.</param>
/// <param name="RelativeError">Root of the sum of squared differences, of that of squared expected values.</param>
/// <param name="NaNs">Elements that are no numbers.</param>
/// <param name="Tolerance">What the op's spec allows.</param>
/// <param name="BitsRepeat">Whether a second call gave the same bits.</param>
internal sealed record OpCheck(long Compared, double LargestError, double RelativeError, long NaNs, double Tolerance, bool BitsRepeat)
{
    private const byte Poison = 0xFF;   // no number, in every float

    /// <summary>Whether every element is near enough.</summary>
    public bool IsRight => NaNs == 0 && LargestError <= Tolerance;

    /// <summary>Makes a call twice and compares: the whole output, or the pieces that a large call offers.</summary>
    public static OpCheck Of(OpCall call, IBackend backend, double tolerance)
    {
        float[] actual = Result(call, backend);
        bool repeats = MemoryMarshal.AsBytes<float>(actual).SequenceEqual(MemoryMarshal.AsBytes<float>(Result(call, backend)));
        using ReferenceBackend reference = new();
        var sums = new Sums();
        if (call.Pieces is null)
        {
            sums.Add(Result(call, reference), actual);
        }
        else
        {
            foreach (OpPiece piece in call.Pieces(backend))
            {
                float[] expected = Result(piece.Call, reference);
                int width = (int)piece.Call.Output.Cols;
                for (int row = 0; row < piece.Call.Output.Rows; row++)
                {
                    int at = checked((int)((piece.Row + row) * call.Output.Cols + piece.Column));
                    sums.Add(expected.AsSpan(row * width, width), actual.AsSpan(at, width));
                }
            }
        }

        return new OpCheck(sums.Count, sums.Largest, Math.Sqrt(sums.Squares / Math.Max(sums.Expected, double.Epsilon)), sums.NaNs,
            tolerance, repeats);
    }

    private static float[] Result(OpCall call, IBackend backend)
    {
        Tensor output = call.Output;
        output.Buffer.Span<byte>(output.Offset, checked((int)output.Bytes)).Fill(Poison);
        call.Run(backend);
        float[] values = new float[output.Length];
        for (int row = 0; row < output.Rows; row++)
            output.CopyRow(row, values.AsSpan(checked((int)(row * output.Cols)), (int)output.Cols));
        return values;
    }

    private sealed class Sums
    {
        public long Count { get; private set; }

        public double Largest { get; private set; }

        public double Squares { get; private set; }

        public double Expected { get; private set; }

        public long NaNs { get; private set; }

        public void Add(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
        {
            for (int i = 0; i < expected.Length; i++)
            {
                double difference = Math.Abs((double)actual[i] - expected[i]);
                NaNs += double.IsNaN(difference) ? 1 : 0;
                Largest = difference > Largest ? difference : Largest;
                Squares += difference * difference;
                Expected += (double)expected[i] * expected[i];
            }

            Count += expected.Length;
        }
    }
}
