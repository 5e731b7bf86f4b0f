using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using Puna.Kernels.Gpu;
using Puna.Runtime.Loading;
using Puna.Tools.KernelChecks;

namespace Puna.Tools;

/// <summary>A parameter as <c>puna ptx run --arg</c> spells it.</summary>
/// <param name="Argument">What the kernel gets.</param>
/// <param name="DType">Type of a buffer's elements.</param>
/// <param name="Shape">Dimensions of a buffer.</param>
internal sealed partial record RunArgument(KernelArgument Argument, SafetensorsDType DType, ImmutableArray<long> Shape)
{
    /// <summary>Reads the text of an <c>--arg</c>.</summary>
    /// <param name="text">As the help of <c>puna ptx run</c> says.</param>
    /// <param name="tensors">The tensors of <c>--input</c>; null without one.</param>
    /// <exception cref="InvalidDataException">The text is no argument, or names no tensor.</exception>
    public static RunArgument Parse(string text, KernelTensors? tensors)
    {
        string where = $"--arg {text}";
        if (text == "null")
            return Scalar("null", new byte[8]);
        if (Fresh().Match(text) is { Success: true } fresh)
            return Parse(fresh, where);
        if (Typed().Match(text) is { Success: true } typed)
        {
            string kind = typed.Groups["kind"].Value;
            if (!ScalarText.IsKind(kind))
                throw new InvalidDataException($"{where}: the type is '{kind}', but one of {ScalarText.Kinds} was expected.");
            return Scalar(text, ScalarText.Bytes(kind, typed.Groups["value"].Value) ?? throw new InvalidDataException(
                $"{where}: the value is '{typed.Groups["value"].Value}', but {ScalarText.Expected(kind)} was expected."));
        }

        return Number().IsMatch(text) ? ParseNumber(text, where) : ParseName(text, tensors, where);
    }

    /// <summary>One line on what a buffer holds after the launch.</summary>
    public string Describe(byte[] after)
    {
        string shape = $"[{string.Join(", ", Shape)}]";
        if (!KernelTensors.TryFormat(DType, out NumberFormat format))
            return $"{Argument.Name}: {DType.Name()} {shape}";
        int size = format.ByteSize();
        long count = after.Length / size, changed = 0, nans = 0;
        double least = double.PositiveInfinity, most = double.NegativeInfinity;
        for (long i = 0; i < count; i++)
        {
            double value = format.Read(after, i);
            least = Math.Min(least, double.IsNaN(value) ? least : value);
            most = Math.Max(most, double.IsNaN(value) ? most : value);
            nans += double.IsNaN(value) ? 1 : 0;
            changed += Argument.Bytes.IsEmpty
                || !after.AsSpan((int)i * size, size).SequenceEqual(Argument.Bytes.Span.Slice((int)i * size, size)) ? 1 : 0;
        }

        string range = count > nans ? string.Create(CultureInfo.InvariantCulture, $", {least:G6} to {most:G6}") : "";
        string change = Argument.Bytes.IsEmpty ? "new" : $"{changed} of {count} changed";
        return $"{Argument.Name}: {DType.Name()} {shape}, {change}{range}{(nans > 0 ? $", {nans} NaN" : "")}";
    }

    /// <summary>A buffer's contents as a tensor of the output file.</summary>
    public TensorSource ToTensor(byte[] after) => new(Argument.Name, DType, Shape, stream => stream.Write(after));

    private static RunArgument Scalar(string name, byte[] bytes) =>
        new(new KernelArgument(name, ArgumentKind.Scalar, bytes), SafetensorsDType.U8, []);

    private static RunArgument ParseNumber(string text, string where)
    {
        byte[]? bytes = text[^1] is 'f' or 'F' && !text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? ScalarText.Bytes("f32", text[..^1])
            : ScalarText.Bytes("u32", text) ?? ScalarText.Bytes("i32", text);
        return Scalar(text, bytes ?? throw new InvalidDataException($"{where}: this is neither a number of 32 bits, such as "
            + "5000, nor one with an f, such as 1.5f. Say its type, as in u64:5000 or f64:1.5."));
    }

    private static RunArgument ParseName(string name, KernelTensors? tensors, string where)
    {
        if (tensors is null)
            throw new InvalidDataException($"{where}: a tensor was asked for, but there is no file to take it from. Give "
                + $"--input, or say what a new buffer holds, as in {name}:f32[1024].");
        SafetensorsEntry entry = tensors.Find(name, where);
        return new RunArgument(new KernelArgument(name, ArgumentKind.Buffer, tensors.Bytes(name, where)), entry.DType, entry.Shape);
    }

    private static RunArgument Parse(Match fresh, string where)
    {
        string name = fresh.Groups["name"].Value, kind = fresh.Groups["kind"].Value;
        if (ScalarText.Bytes(kind, "0") is null && kind is not ("f8_e4m3" or "f8_e5m2"))
            throw new InvalidDataException($"{where}: the type is '{kind}', but one of {ScalarText.Kinds}, f8_e4m3, f8_e5m2 was "
                + "expected.");
        SafetensorsDType type = TypeOf(kind);
        ImmutableArray<long> shape;
        long bytes = type.Bits() / 8;
        try
        {
            shape = [.. fresh.Groups["shape"].Value.Split(',').Select(d => long.Parse(d, CultureInfo.InvariantCulture))];
            foreach (long dimension in shape)
                bytes = checked(bytes * dimension);
        }
        catch (OverflowException)
        {
            bytes = long.MaxValue;
            shape = [];
        }

        if (bytes > Array.MaxLength)
            throw new InvalidDataException($"{where}: the buffer would have more than {Array.MaxLength} bytes, but it is read "
                + "back into one array. Use a smaller one.");
        if (!fresh.Groups["value"].Success)
            return new RunArgument(new KernelArgument(name, ArgumentKind.Buffer, default, bytes), type, shape);
        byte[] element = ScalarText.Bytes(kind, fresh.Groups["value"].Value) ?? throw new InvalidDataException(
            $"{where}: the value is '{fresh.Groups["value"].Value}', but {ScalarText.Expected(kind)} was expected.");
        byte[] filled = new byte[bytes];
        for (long i = 0; i < bytes; i += element.Length)
            element.CopyTo(filled, i);
        return new RunArgument(new KernelArgument(name, ArgumentKind.Buffer, filled), type, shape);
    }

    private static SafetensorsDType TypeOf(string kind)
    {
        string name = kind[0] switch
        {
            's' => "I" + kind[1..],
            'b' when kind[1] != 'f' => "U" + kind[1..],
            _ => kind.ToUpperInvariant(),
        };
        return SafetensorsDTypes.TryParse(name, out SafetensorsDType type) ? type : SafetensorsDType.U8;
    }

    [GeneratedRegex(@"^(?<name>[^:=\[\]]+):(?<kind>\w+)\[(?<shape>\d+(,\d+)*)\](=(?<value>.+))?$")]
    private static partial Regex Fresh();

    [GeneratedRegex(@"^(?<kind>\w+):(?<value>[^\[\]]*)$")]
    private static partial Regex Typed();

    [GeneratedRegex(@"^[-+]?\.?\d")]
    private static partial Regex Number();
}
