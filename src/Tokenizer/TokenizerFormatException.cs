namespace Puna.Tokenizer;

/// <summary>A tokenizer file is damaged, or asks for what is not implemented; the message says where.</summary>
public sealed class TokenizerFormatException : Exception
{
    /// <summary>Makes an exception without a sentence of its own.</summary>
    public TokenizerFormatException()
    {
    }

    /// <summary>Makes an exception that says where, what is, what was expected, and what to do.</summary>
    /// <param name="message">The sentence.</param>
    public TokenizerFormatException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception with the error that led to it.</summary>
    /// <param name="message">The sentence.</param>
    /// <param name="innerException">The error that led to it.</param>
    public TokenizerFormatException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
