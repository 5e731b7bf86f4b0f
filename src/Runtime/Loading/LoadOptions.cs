namespace Puna.Runtime.Loading;

/// <summary>How weights are brought into memory.</summary>
public sealed record LoadOptions
{
    /// <summary>
    /// Uses the files in place instead of copying them. The model is there at once and pages are read when they are
    /// needed, but a file that is cut short while it is in use ends the process.
    /// </summary>
    /// <value>False: the files are read into memory of their own.</value>
    public bool UseMapping { get; init; }

    /// <summary>Reads at a time, 1 or more.</summary>
    /// <value>As many as the machine has cores, and at most 8.</value>
    public int Threads { get; init; } = Math.Min(Environment.ProcessorCount, 8);

    /// <summary>Told after each piece, one call at a time, from the threads that read; nobody when null.</summary>
    public IProgress<LoadProgress>? Progress { get; init; }
}

/// <summary>How far loading is.</summary>
/// <param name="Bytes">Bytes read so far.</param>
/// <param name="TotalBytes">Bytes to read in all.</param>
public readonly record struct LoadProgress(long Bytes, long TotalBytes);
