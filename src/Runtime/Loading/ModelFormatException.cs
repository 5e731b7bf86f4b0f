namespace Puna.Runtime.Loading;

/// <summary>Thrown when a model's file or folder is not what it should be.</summary>
/// <param name="message">Where, what is, what was expected, what to do: one line.</param>
/// <param name="error">Which rule a safetensors file broke, or nothing for other files.</param>
/// <param name="inner">What the framework said, if it did.</param>
public sealed class ModelFormatException(string message, SafetensorsError? error = null, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>Which rule a safetensors file broke; null when the fault lies elsewhere.</summary>
    public SafetensorsError? Error { get; } = error;
}
