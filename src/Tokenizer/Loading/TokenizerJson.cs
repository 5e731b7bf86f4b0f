using System.Text.Json;

namespace Puna.Tokenizer.Loading;

/// <summary>
/// Reads the parts of Hugging Face's <c>tokenizer.json</c> (version 1.0) that byte-level BPE tokenizers of the Llama 3
/// family use, and refuses by name what it does not implement.
/// </summary>
internal static class TokenizerJson
{
    /// <summary>Parses a file.</summary>
    /// <param name="content">The whole file, UTF-8 without a byte order mark.</param>
    /// <param name="name">Its name, for errors.</param>
    public static TokenizerDefinition Parse(ReadOnlyMemory<byte> content, string name)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(content);
            return Read(new(name, "", document.RootElement));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a string that is not valid UTF-16 when unescaped.
            throw new TokenizerFormatException(
                $"{name}: the file is not valid JSON, but a tokenizer.json was expected ({e.Message}). "
                + "Download it again.", e);
        }
    }

    private static TokenizerDefinition Read(JsonPlace root)
    {
        root.RequireKeys("version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer",
            "post_processor", "decoder", "model");
        if (!root["version"].IsAbsent)
            root["version"].RequireText("1.0");
        root["truncation"].RequireNull();
        root["padding"].RequireNull();
        root["normalizer"].RequireNull();
        root["decoder"]["type"].RequireText("ByteLevel");
        int digitGroup = PreTokenizerJson.DigitGroup(root["pre_tokenizer"]);

        JsonPlace model = root["model"];
        CheckModel(model);
        VocabularyJson vocabulary = VocabularyJson.Read(model["vocab"], root["added_tokens"]);
        int? bosId = PostProcessorJson.BosId(root["post_processor"], vocabulary.SpecialTokens);
        if (bosId is null && vocabulary.SpecialTokens.TryGetValue(TokenizerDefinition.BeginOfText, out int id))
            bosId = id;
        return new(vocabulary.Tokens, vocabulary.Merges(model["merges"]), digitGroup,
            model["ignore_merges"].Flag(whenMissing: false), vocabulary.SpecialTokens, bosId);
    }

    private static void CheckModel(JsonPlace model)
    {
        model["type"].RequireText("BPE");
        model.RequireKeys("type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk",
            "byte_fallback", "ignore_merges", "vocab", "merges");
        JsonPlace dropout = model["dropout"];
        if (!dropout.IsAbsent && !(dropout.Value.ValueKind == JsonValueKind.Number && dropout.Value.GetDouble() == 0))
            throw dropout.Refused("null");
        model["unk_token"].RequireNull();
        model["continuing_subword_prefix"].RequireEmpty();
        model["end_of_word_suffix"].RequireEmpty();
        model["fuse_unk"].RequireFlag(supported: false, whenMissing: false);
        model["byte_fallback"].RequireFlag(supported: false, whenMissing: false);
    }
}
