namespace Puna.Kernels.Gpu.Ptx;

/// <summary>
/// A C# program that writes a kernel made a mistake: which kernel, at which C# line, and what was expected. A type of
/// its own, so that a mistake in a kernel is not taken for one in the language.
/// </summary>
public sealed class KernelException : InvalidOperationException
{
    /// <summary>An error without more to say.</summary>
    public KernelException()
    {
    }

    /// <summary>An error.</summary>
    /// <param name="message">Kernel, C# line, what is and what was expected.</param>
    public KernelException(string message) : base(message)
    {
    }

    /// <summary>An error with its cause.</summary>
    /// <param name="message">Kernel, C# line, what is and what was expected.</param>
    /// <param name="innerException">The cause.</param>
    public KernelException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
