namespace Puna.Tokenizer;

/// <summary>What decoding does with a special token.</summary>
public enum SpecialTokenRendering
{
    /// <summary>Writes its name, such as <c>&lt;|eot_id|&gt;</c>.</summary>
    Keep,

    /// <summary>Writes nothing.</summary>
    Skip,
}
