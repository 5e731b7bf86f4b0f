namespace Puna.Tokenizer;

/// <summary>What the name of a special token, such as <c>&lt;|eot_id|&gt;</c>, means in text to encode.</summary>
public enum SpecialTokenHandling
{
    /// <summary>Ordinary text, so that data can never become a control token.</summary>
    AsText,

    /// <summary>That token. The longest name wins where several start at the same place.</summary>
    Recognise,
}
