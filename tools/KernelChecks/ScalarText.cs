using System.Collections.Frozen;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using Puna.Kernels;

namespace Puna.Tools.KernelChecks;

/// <summary>The bytes of a scalar that is written as text: <c>1.5</c>, <c>-3</c>, <c>0x7f</c>, <c>nan</c>.</summary>
internal static class ScalarText
{
    private static readonly FrozenDictionary<string, Func<string, byte[]?>> Parsers =
        new Dictionary<string, Func<string, byte[]?>>
        {
            ["u8"] = Integer<byte>,
            ["i8"] = Integer<sbyte>,
            ["u16"] = Integer<ushort>,
            ["i16"] = Integer<short>,
            ["u32"] = Integer<uint>,
            ["i32"] = Integer<int>,
            ["u64"] = Integer<ulong>,
            ["i64"] = Integer<long>,
            ["f16"] = text => Float(text, v => Bytes((Half)v)),
            ["bf16"] = text => Float(text, v => Bytes(DTypes.RoundToBF16((float)v))),
            ["f32"] = text => Float(text, v => Bytes((float)v)),
            ["f64"] = text => Float(text, Bytes),
        }.ToFrozenDictionary();

    /// <summary>The kinds, for messages.</summary>
    public const string Kinds = "u8, u16, u32, u64, i8, i16, i32, i64, f16, bf16, f32, f64 (b8 to b64 and s8 to s64 too)";

    /// <summary>Whether there is such a kind.</summary>
    public static bool IsKind(string kind) => Parsers.ContainsKey(Canonical(kind));

    /// <summary>What a kind's values look like, for messages.</summary>
    public static string Expected(string kind) =>
        Canonical(kind).Contains('f') ? "a number, inf or nan" : $"a whole number that fits {kind}";

    /// <summary>The bytes of a value; null where the kind is unknown or the value does not fit it.</summary>
    public static byte[]? Bytes(string kind, string text) =>
        Parsers.TryGetValue(Canonical(kind), out Func<string, byte[]?>? parse) ? parse(text.Trim()) : null;

    // PTX has s32 and b32 where others say i32 and u32
    private static string Canonical(string kind) => kind switch
    {
        "s8" or "s16" or "s32" or "s64" => "i" + kind[1..],
        "b8" or "b16" or "b32" or "b64" => "u" + kind[1..],
        _ => kind,
    };

    private static byte[]? Integer<T>(string text)
        where T : unmanaged, IBinaryInteger<T>
    {
        bool isHex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        return isHex
            ? T.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out T bits) ? Bytes(bits) : null
            : T.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out T value) ? Bytes(value) : null;
    }

    private static byte[]? Float(string text, Func<double, byte[]> round)
    {
        double? special = text.ToUpperInvariant() switch
        {
            "INF" or "+INF" or "INFINITY" => double.PositiveInfinity,
            "-INF" or "-INFINITY" => double.NegativeInfinity,
            "NAN" => double.NaN,
            _ => null,
        };
        if (special is { } named)
            return round(named);
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value)
            ? round(value)
            : null;
    }

    private static byte[] Bytes<T>(T value)
        where T : unmanaged => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)).ToArray();
}
