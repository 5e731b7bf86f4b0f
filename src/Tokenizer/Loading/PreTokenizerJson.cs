namespace Puna.Tokenizer.Loading;

/// <summary>Reads <c>pre_tokenizer</c>: a split by the pattern of Llama 3 or Qwen2, then bytes to characters.</summary>
internal static class PreTokenizerJson
{
    /// <summary>The pattern of Llama 3; Qwen2's has <c>\p{N}</c> for <c>\p{N}{1,3}</c>.</summary>
    public const string Llama3Pattern = Words + @"|\p{N}{1,3}" + Rest;

    /// <summary>The alternatives before digits: contractions, and letters with one character before them.</summary>
    public const string Words = Contractions + @"|[^\r\n\p{L}\p{N}]?\p{L}+";

    /// <summary>The contractions, without regard to case.</summary>
    public const string Contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";

    private const string Rest = @"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Qwen2Pattern = Words + @"|\p{N}" + Rest;

    /// <summary>How many digits the pattern keeps together.</summary>
    /// <param name="place">The value of <c>pre_tokenizer</c>.</param>
    public static int DigitGroup(JsonPlace place)
    {
        if (place.IsAbsent)
            throw place.Refused("a Sequence of Split and ByteLevel");
        place["type"].RequireText("Sequence");
        place.RequireKeys("type", "pretokenizers");
        JsonPlace[] steps = [.. place["pretokenizers"].Elements()];
        if (steps.Length != 2)
            throw place["pretokenizers"].Refused("a Sequence of Split and ByteLevel");

        JsonPlace split = steps[0], bytes = steps[1];
        split["type"].RequireText("Split");
        split.RequireKeys("type", "pattern", "behavior", "invert");
        split["behavior"].RequireText("Isolated");
        split["invert"].RequireFlag(supported: false, whenMissing: false);

        bytes["type"].RequireText("ByteLevel");
        bytes.RequireKeys("type", "add_prefix_space", "trim_offsets", "use_regex");
        bytes["add_prefix_space"].RequireFlag(supported: false, whenMissing: true);
        bytes["use_regex"].RequireFlag(supported: false, whenMissing: true);

        JsonPlace pattern = split["pattern"]["Regex"];
        split["pattern"].RequireKeys("Regex");
        return pattern.Text() switch
        {
            Llama3Pattern => 3,
            Qwen2Pattern => 1,
            _ => throw pattern.Refused("the pattern of Llama 3 or Qwen2"),
        };
    }
}
