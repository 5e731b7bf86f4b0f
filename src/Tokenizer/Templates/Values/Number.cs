using System.Numerics;

namespace Puna.Tokenizer.Templates.Values;

/// <summary>A number as arithmetic sees it: an integer of any size, or a double. True counts 1.</summary>
/// <param name="Integer">The integer; null where it is a double.</param>
/// <param name="Double">The double, where <paramref name="Integer"/> is null.</param>
internal readonly record struct Number(BigInteger? Integer, double Double)
{
    /// <summary>The value as a double; infinite for an integer beyond its range.</summary>
    public double AsDouble => Integer is { } i ? (double)i : Double;

    public static Number? From(IValue value) => value switch
    {
        IntValue i => new(i.Value, 0),
        FloatValue f => new(null, f.Value),
        BoolValue b => new(b.Value ? BigInteger.One : BigInteger.Zero, 0),
        _ => null,
    };

    /// <summary>Exact comparison, also between an integer and a double; null where one is not a number (NaN).</summary>
    public static int? Compare(Number a, Number b)
    {
        if (a.Integer is { } x && b.Integer is { } y)
            return x.CompareTo(y);
        double p = a.AsDouble, q = b.AsDouble;
        if (double.IsNaN(p) || double.IsNaN(q))
            return null;
        if (a.Integer is null && b.Integer is null)
            return p.CompareTo(q);
        return a.Integer is { } i
            ? CompareExactly(i, b.Double)
            : -CompareExactly(b.Integer.GetValueOrDefault(), a.Double);
    }

    /// <summary>Equal numbers have equal hashes, whatever their type.</summary>
    public override int GetHashCode() => Integer is { } i ? i.GetHashCode()
        : double.IsFinite(Double) && Math.Floor(Double) == Double ? new BigInteger(Double).GetHashCode()
        : Double.GetHashCode();

    private static int CompareExactly(BigInteger i, double d)
    {
        if (double.IsInfinity(d))
            return d > 0 ? -1 : 1;
        double floor = Math.Floor(d);
        int order = i.CompareTo(new BigInteger(floor));
        return order == 0 && floor < d ? -1 : order;
    }
}
