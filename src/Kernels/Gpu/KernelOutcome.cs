using System.Collections.Immutable;
using System.Globalization;

namespace Puna.Kernels.Gpu;

/// <summary>What a call gave.</summary>
/// <param name="Outputs">One for each expected output.</param>
/// <param name="Damage">A sentence on a write outside a buffer; null where there was none.</param>
/// <param name="Compilation">What the device's compiler made of the kernel.</param>
public sealed record KernelOutcome(
    ImmutableArray<OutputOutcome> Outputs, string? Damage, CompilationReport Compilation)
{
    /// <summary>Every output is as expected and nothing else was written.</summary>
    public bool IsRight => Damage is null && Outputs.All(o => o.IsRight);

    /// <summary>The largest |got − want| of all outputs; infinite where one of the two is no number, or infinite.</summary>
    public double LargestError => Outputs.IsEmpty ? 0 : Outputs.Max(o => o.LargestError);

    /// <summary>The first thing that is wrong, in a sentence; null where nothing is.</summary>
    /// <param name="what">Begins the sentence: the kernel and its shape.</param>
    public string? Problem(string what)
    {
        foreach (OutputOutcome output in Outputs)
        {
            if (!output.IsRight)
                return output.Problem(Outputs.Length == 1 ? what : $"{what}, {output.Expected.Buffer}");
        }

        return Damage is null ? null : $"{what}: {Damage}";
    }
}

/// <summary>How a buffer compares with what was expected.</summary>
/// <param name="Expected">What was expected.</param>
/// <param name="Count">Elements.</param>
/// <param name="WrongCount">Elements outside their tolerance.</param>
/// <param name="FirstWrong">The first of them; −1 where there is none.</param>
/// <param name="Got">Its value as text.</param>
/// <param name="LargestError">Largest |got − want|; infinite where one of the two is no number, or infinite.</param>
public sealed record OutputOutcome(
    ExpectedOutput Expected, long Count, long WrongCount, long FirstWrong, string Got, double LargestError)
{
    /// <summary>Every element is within its tolerance.</summary>
    public bool IsRight => WrongCount == 0;

    /// <summary>Compares a buffer, element by element.</summary>
    /// <param name="expected">What is expected.</param>
    /// <param name="got">What the buffer holds; at least as many bytes.</param>
    /// <exception cref="ArgumentException">The buffer is shorter than what is expected of it.</exception>
    public static OutputOutcome Of(ExpectedOutput expected, ReadOnlySpan<byte> got)
    {
        NumberFormat format = expected.Format;
        ReadOnlySpan<byte> want = expected.Values.Span;
        if (got.Length < want.Length)
        {
            throw new ArgumentException($"{expected.Buffer}: the buffer has {got.Length} bytes, but {want.Length} are "
                + "expected of it.", nameof(got));
        }

        long count = want.Length / format.ByteSize(), wrong = 0, first = -1;
        double largest = 0;
        for (long i = 0; i < count; i++)
        {
            double error = Difference(format, got, want, i);
            largest = Math.Max(largest, error);
            if (error <= Allowed(expected, i))
                continue;
            first = wrong++ == 0 ? i : first;
        }

        return new OutputOutcome(expected, count, wrong, first, first < 0 ? "" : Text(format, got, first), largest);
    }

    /// <summary>The first wrong element in a sentence; of an output that is not right.</summary>
    /// <param name="what">Begins it: kernel, shape and buffer.</param>
    public string Problem(string what)
    {
        double allowed = Allowed(Expected, FirstWrong);
        string want = Text(Expected.Format, Expected.Values.Span, FirstWrong);
        string more = WrongCount == 1 ? "" : string.Create(CultureInfo.InvariantCulture,
            $" {WrongCount} elements are wrong, by at most {LargestError:G3}.");
        return allowed > 0
            ? string.Create(CultureInfo.InvariantCulture,
                $"{what}: element {FirstWrong} of {Count} is {Got}, expected {want} ± {allowed:G3}.{more}")
            : $"{what}: element {FirstWrong} of {Count} is {Got}, expected exactly {want}.{more}";
    }

    private static double Allowed(ExpectedOutput expected, long index)
    {
        if (expected is { Absolute: 0, Relative: 0 })
            return 0;
        double want = Math.Abs(expected.Format.Read(expected.Values.Span, index));
        return double.IsFinite(want) ? expected.Absolute + (expected.Relative * want) : 0;
    }

    private static double Difference(NumberFormat format, ReadOnlySpan<byte> got, ReadOnlySpan<byte> want, long index)
    {
        double a = format.Read(got, index), b = format.Read(want, index);
        if (format is NumberFormat.I64 or NumberFormat.U64)   // doubles would call neighbours equal
            return (double)Int128.Abs(Wide(format, got, index) - Wide(format, want, index));
        if (a == b || (double.IsNaN(a) && double.IsNaN(b)))
            return 0;
        double difference = Math.Abs(a - b);
        return double.IsNaN(difference) ? double.PositiveInfinity : difference;
    }

    private static Int128 Wide(NumberFormat format, ReadOnlySpan<byte> bytes, long index)
    {
        long bits = BitConverter.ToInt64(bytes.Slice(checked((int)(index * 8)), 8));
        return format == NumberFormat.I64 ? bits : (ulong)bits;
    }

    private static string Text(NumberFormat format, ReadOnlySpan<byte> bytes, long index)
    {
        if (format is NumberFormat.I64 or NumberFormat.U64)
            return Wide(format, bytes, index).ToString(CultureInfo.InvariantCulture);
        double value = format.Read(bytes, index);
        return format == NumberFormat.F64 || format.IsInteger()
            ? value.ToString("R", CultureInfo.InvariantCulture)
            : ((float)value).ToString("R", CultureInfo.InvariantCulture);
    }
}
