using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Puna.Tokenizer.Templates.Values;

namespace Puna.Tokenizer.Templates;

/// <summary>Makes values of JSON, as Python's <c>json.loads</c> does; none of them is trusted.</summary>
/// <param name="state">The rendering.</param>
/// <param name="variable">The variable the JSON is for, for messages.</param>
internal sealed class InputValues(RenderState state, string variable)
{
    public IValue Read(JsonElement json)
    {
        state.Enter();
        IValue value = json.ValueKind switch
        {
            JsonValueKind.Object => ReadObject(json),
            JsonValueKind.Array => state.List([.. json.EnumerateArray().Select(Read)], isTrusted: false),
            JsonValueKind.String => new Text(ReadText(json.GetString), isTrusted: false),
            JsonValueKind.Number => ReadNumber(json.GetRawText()),
            JsonValueKind.True => new BoolValue(true, false),
            JsonValueKind.False => new BoolValue(false, false),
            _ => new NoneValue(false),
        };
        state.Leave();
        return value;
    }

    private Dict ReadObject(JsonElement json)
    {
        var dict = new Dict(isTrusted: false);
        foreach (JsonProperty property in json.EnumerateObject())
            state.Set(dict, new Text(ReadText(() => property.Name), isTrusted: false), Read(property.Value));
        return dict;
    }

    private string ReadText(Func<string?> read)
    {
        try
        {
            return read() ?? "";
        }
        catch (InvalidOperationException)
        {
            throw state.Fail(
                $"'{variable}' holds half of a surrogate pair or bytes that are no UTF-8, but a prompt is text. "
                + "Send whole characters.");
        }
    }

    private IValue ReadNumber(string text)
    {
        if (text.AsSpan().IndexOfAny('.', 'e', 'E') >= 0)
            return new FloatValue(double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture), false);
        if (text.Length > RenderState.MaxDigits)
            throw state.Fail(
                $"'{variable}' holds an integer of {text.Length} digits, but {RenderState.MaxDigits} are the "
                + $"most supported.");
        return new IntValue(BigInteger.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture), false);
    }
}
