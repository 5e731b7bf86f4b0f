namespace Puna.Kernels;

/// <summary>Thrown when memory, cache slots or a context are too small for what was asked.</summary>
/// <param name="message">Where, what is, what was expected, what to do.</param>
/// <param name="inner">What the system said, if it did.</param>
public sealed class OutOfCapacityException(string message, Exception? inner = null) : Exception(message, inner);
