using Puna.Kernels.Gpu.Ptx;

namespace Puna.Kernels.Gpu;

/// <summary>
/// Results in F32, or rounded to nearest as F16 or BF16: the format is data, the kernel's arithmetic is the same.
/// </summary>
internal sealed class RoundedOutput
{
    private readonly Global<F32> _words;
    private readonly Global<U16> _halves;

    /// <summary>The next parameter of a kernel.</summary>
    /// <param name="k">The kernel.</param>
    /// <param name="name">The parameter's.</param>
    /// <param name="format">F32, F16 or BF16.</param>
    public RoundedOutput(PtxBuilder k, string name, NumberFormat format)
    {
        Format = format;
        if (format == NumberFormat.F32)
            _words = k.PointerParam<F32>(name);
        else
            _halves = k.PointerParam<U16>(name);
    }

    private RoundedOutput(NumberFormat format, Global<F32> words, Global<U16> halves) => (Format, _words, _halves) = (format, words, halves);

    /// <summary>F32, F16 or BF16.</summary>
    public NumberFormat Format { get; }

    /// <summary>What a kernel's name says of the format.</summary>
    /// <exception cref="ArgumentException">The format is another.</exception>
    public static string Name(NumberFormat format) => format switch
    {
        NumberFormat.F32 => "f32",
        NumberFormat.F16 => "f32_f16",
        NumberFormat.BF16 => "f32_bf16",
        _ => throw new ArgumentException($"RoundedOutput: the results are {format}, but F32, F16 or BF16 was expected.", nameof(format)),
    };

    /// <summary>A row of the matrix, and some elements further.</summary>
    public RoundedOutput Row(U32 row, int columns, U32 element) => Format == NumberFormat.F32
        ? new(Format, _words.Row(row, columns).Offset(element), default)
        : new(Format, default, _halves.Row(row, columns).Offset(element));

    /// <summary>Stores neighbours: one, or four at a multiple of four elements.</summary>
    /// <param name="element">The first; known while the kernel is written.</param>
    /// <param name="v">One or four.</param>
    public void Store(int element, F32[] v)
    {
        if (Format == NumberFormat.F32 && v.Length == 1)
        {
            Global<F32> at = _words.Offset(element);
            at[0] = v[0];
        }
        else if (Format == NumberFormat.F32)
        {
            Global<V4<F32>> at = _words.Offset(element).Cast<V4<F32>>();
            at[0] = new V4<F32>(v[0], v[1], v[2], v[3]);
        }
        else if (v.Length == 1)
        {
            Global<U16> at = _halves.Offset(element);
            at[0] = Format == NumberFormat.F16 ? v[0].ToF16().Bits : v[0].ToBF16().Bits;
        }
        else
        {
            Global<V2<U32>> at = _halves.Offset(element).Cast<V2<U32>>();
            at[0] = new V2<U32>(Pair(v[0], v[1]), Pair(v[2], v[3]));
        }
    }

    private U32 Pair(F32 low, F32 high) => Format == NumberFormat.F16 ? F16x2.Convert(low, high).Bits : BF16x2.Convert(low, high).Bits;
}
