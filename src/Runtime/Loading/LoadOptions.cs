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

    /// <summary>Reads at a time, 1 or more; each thread also converts what it reads.</summary>
    /// <value>As many as the machine has cores, and at most 16.</value>
    public int Threads { get; init; } = Math.Min(Environment.ProcessorCount, 16);

    /// <summary>
    /// A folder that keeps the weights as they lie in memory, such as the model's own: a model that was converted once
    /// is then only read. What is stale or damaged is made again, and <see cref="Notes"/> are told so.
    /// </summary>
    /// <value>Null: nothing is kept, and every load converts anew.</value>
    public string? PackFolder { get; init; }

    /// <summary>Told a sentence when packed weights were written, could not be, or were of no use; nobody when null.</summary>
    public IProgress<string>? Notes { get; init; }

    /// <summary>Told after each piece, one call at a time, from the threads that read; nobody when null.</summary>
    public IProgress<LoadProgress>? Progress { get; init; }
}

/// <summary>How far loading is.</summary>
/// <param name="Bytes">Bytes read so far.</param>
/// <param name="TotalBytes">Bytes to read in all.</param>
public readonly record struct LoadProgress(long Bytes, long TotalBytes);
