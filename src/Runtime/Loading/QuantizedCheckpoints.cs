using System.Text.Json;

namespace Puna.Runtime.Loading;

/// <summary>
/// Recognises quantised checkpoints by their configuration, by the names of their tensors and by dtypes, and refuses
/// them by the name of their convention: codes without their scales would load and mean nothing.
/// </summary>
internal static class QuantizedCheckpoints
{
    // Ends of the names of tensors that only quantised checkpoints hold; the first that fits counts.
    private static readonly (string Suffix, string Convention)[] Companions =
    [
        (".weight_scale_inv", "FP8 in blocks, as DeepSeek and fine-grained FP8 write it"),
        (".weight_packed", "compressed-tensors 'pack-quantized'"),
        (".weight_shape", "compressed-tensors 'pack-quantized'"),
        (".weight_g_idx", "compressed-tensors 'pack-quantized'"),
        (".weight_zero_point", "compressed-tensors with zero points"),
        (".weight_scale", "FP8 or INT8 with weight scales (AutoFP8, FBGEMM, compressed-tensors or ModelOpt)"),
        (".input_scale", "FP8 or INT8 with static activation scales (AutoFP8, compressed-tensors or ModelOpt)"),
        (".input_zero_point", "compressed-tensors with zero points"),
        (".SCB", "bitsandbytes LLM.int8()"),
        (".weight_format", "bitsandbytes LLM.int8()"),
        (".absmax", "bitsandbytes 4-bit"),
        (".quant_map", "bitsandbytes 4-bit"),
        ("_weight_qdata", "torchao"),
        ("_weight_scale", "torchao"),
        (".qweight", "GPTQ or AWQ"),
        (".qzeros", "GPTQ or AWQ"),
        (".scales", "GPTQ or AWQ"),
        (".g_idx", "GPTQ"),
        (".kv_scale", "FP8 key/value scales"),
        (".k_scale", "FP8 key/value scales"),
        (".v_scale", "FP8 key/value scales"),
        (".q_scale", "FP8 key/value scales"),
        (".prob_output_scale", "FP8 key/value scales"),
        (".output_scale", "FP8 key/value scales"),
    ];

    /// <summary>Refuses a configuration that describes a quantisation.</summary>
    public static void RefuseConfig(JsonFields config)
    {
        foreach (string key in (ReadOnlySpan<string>)["quantization_config", "compression_config"])
        {
            if (config.Object(key) is { } quantization)
                throw Refusal($"{config.Where}: {key} describes {Convention(quantization)}");
        }
    }

    /// <summary>Refuses a folder with a description of its own, <c>hf_quant_config.json</c>.</summary>
    /// <param name="path">Path of that file.</param>
    public static void RefuseModelOpt(string path)
    {
        using JsonDocument document = JsonFile.Read(path);
        var fields = new JsonFields(document.RootElement, Path.GetFileName(path));
        JsonFields quantization = fields.Object("quantization") ?? fields;
        throw Refusal($"{fields.Where}: the file describes {ModelOpt(quantization)}");
    }

    /// <summary>Refuses a checkpoint that holds a quantised tensor although no configuration says so.</summary>
    public static void RefuseTensors(Checkpoint checkpoint)
    {
        var tensors = checkpoint.Tensors.OrderBy(t => t.Key, StringComparer.Ordinal);
        foreach ((string name, CheckpointTensor tensor) in tensors)
        {
            string where = $"{tensor.File.Name}: tensor {Quoted.Name(name)}";
            foreach ((string suffix, string convention) in Companions)
            {
                if (name.EndsWith(suffix, StringComparison.Ordinal))
                    throw Refusal($"{where} belongs to {convention}, and config.json has no quantization_config");
            }

            SafetensorsDType type = tensor.Entry.DType;
            bool isCode = type is SafetensorsDType.I8 or SafetensorsDType.U8 || type.Bits() < 8
                || type.Name().StartsWith("F8_", StringComparison.Ordinal);
            if (isCode && name.EndsWith(".weight", StringComparison.Ordinal))
                throw Refusal($"{where} is {type.Name()}, a quantised tensor without a configuration");
        }
    }

    private static ModelFormatException Refusal(string what) => new(
        $"{what}, but quantised checkpoints are not supported yet (weights in F32, BF16 and F16 are). Use the "
        + "unquantised checkpoint of this model.");

    private static string Convention(JsonFields quantization)
    {
        string? method = quantization.Text("quant_method");
        return method switch
        {
            "fp8" when quantization.Find("weight_block_size") is { } block =>
                $"FP8 in blocks of {BlockShape(block)} (quant_method 'fp8' with weight_block_size)",
            "fp8" => $"FP8 per tensor with {Quoted.Line(quantization.Text("activation_scheme") ?? "unnamed")} "
                + "activation scales, as AutoFP8 writes it (quant_method 'fp8')",
            "fbgemm_fp8" => "FP8 per row, as FBGEMM writes it (quant_method 'fbgemm_fp8')",
            "compressed-tensors" => CompressedTensors(quantization),
            "modelopt" => ModelOpt(quantization),
            "bitsandbytes" => IsTrue(quantization, "load_in_4bit") ? "bitsandbytes 4-bit" : "bitsandbytes LLM.int8()",
            "torchao" => "torchao",
            null when quantization.Find("config_groups") is not null => CompressedTensors(quantization),
            null when quantization.Find("quant_algo") is not null => ModelOpt(quantization),
            null => "a quantisation without a quant_method",
            _ => $"quant_method {Quoted.Name(method)}",
        };
    }

    // Written as [128, 128] however the file breaks its lines; what is no list of two is shown as it stands.
    private static string BlockShape(JsonElement block) => block.ValueKind == JsonValueKind.Array
        ? $"[{string.Join(", ", block.EnumerateArray().Select(n => Quoted.Line(n.GetRawText())))}]"
        : Quoted.Line(block.GetRawText());

    private static string CompressedTensors(JsonFields quantization) =>
        $"compressed-tensors {Quoted.Name(quantization.Text("format") ?? "unnamed format")}";

    private static string ModelOpt(JsonFields quantization) =>
        $"NVIDIA ModelOpt {Quoted.Name(quantization.Text("quant_algo") ?? "unnamed algorithm")}";

    private static bool IsTrue(JsonFields fields, string key) => fields.Find(key) is { ValueKind: JsonValueKind.True };
}
