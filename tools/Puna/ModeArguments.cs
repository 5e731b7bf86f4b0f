using System.CommandLine;
using System.Text.Json;
using Puna.Kernels;
using Puna.Runtime;
using Puna.Runtime.Models;

namespace Puna.Tools;

/// <summary>In what a model's numbers are kept and met: the options that choose speed and memory over exactness, or not.</summary>
internal sealed class ModeArguments
{
    private readonly Option<DType?> _weights = Flags.Choice("--weights",
        "Convert weights of products when they are loaded; codes of fp8 and int8 get scales [default: as stored]",
        ("bf16", DType.BF16), ("fp8", DType.F8E4M3), ("int8", DType.I8));

    private readonly Option<ActivationType?> _activations = Flags.Choice("--activations",
        "How products read activations: f32 is exact, int8 needs --weights int8 [default: the fastest for the weights]",
        ("f32", ActivationType.F32), ("bf16", ActivationType.BF16), ("int8", ActivationType.I8));

    private readonly Option<DType?> _cacheType = Flags.Choice("--kv-dtype",
        "Type of cached keys and values: bf16 takes half the memory, int8 a quarter, and rounds [default: f32 where "
        + "activations are f32, else bf16]",
        ("f32", DType.F32), ("bf16", DType.BF16), ("int8", DType.I8));

    /// <summary>Adds the options; called last, since help lists them in order.</summary>
    public void AddTo(Command verb)
    {
        verb.Add(_weights);
        verb.Add(_activations);
        verb.Add(_cacheType);
    }

    /// <summary>Puts what was chosen into options, and leaves what was not.</summary>
    public ModelOptions Apply(ParseResult parsed, ModelOptions options) => options with
    {
        Weights = parsed.GetValue(_weights) ?? options.Weights,
        Activations = parsed.GetValue(_activations) ?? options.Activations,
        CacheType = parsed.GetValue(_cacheType) ?? options.CacheType,
    };

    /// <summary>A mode in the words of the options, by name.</summary>
    public static IEnumerable<(string Name, string Word)> Words(ModelMode mode)
    {
        yield return ("weights", mode.Weights is { } weights ? Word(weights) : "stored");
        yield return ("activations", mode.Activations switch
        {
            ActivationType.I8 => "int8",
            ActivationType.BF16 => "bf16",
            _ => "f32",
        });
        yield return ("kv_dtype", Word(mode.CacheType));
    }

    /// <summary>Writes a mode as the property <c>mode</c>.</summary>
    public static void Write(Utf8JsonWriter json, ModelMode mode)
    {
        json.WriteStartObject("mode");
        foreach ((string name, string word) in Words(mode))
            json.WriteString(name, word);
        json.WriteEndObject();
    }

    private static string Word(DType type) => type switch
    {
        DType.I8 => "int8",
        DType.F8E4M3 => "fp8",
        DType.BF16 => "bf16",
        DType.F16 => "f16",
        _ => "f32",
    };
}
