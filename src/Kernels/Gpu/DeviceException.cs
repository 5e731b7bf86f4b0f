namespace Puna.Kernels.Gpu;

/// <summary>A GPU was asked for and did not do what it should: which call, with what result, and what to do.</summary>
public sealed class DeviceException : Exception
{
    /// <summary>An error without more to say.</summary>
    public DeviceException()
    {
    }

    /// <summary>An error.</summary>
    /// <param name="message">Call, result and what to do.</param>
    public DeviceException(string message) : base(message)
    {
    }

    /// <summary>An error with its cause.</summary>
    /// <param name="message">Call, result and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public DeviceException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
