namespace Puna.Kernels;

/// <summary>
/// Room for one call of <see cref="Sample"/>, so that a call allocates nothing. It carries nothing from one call to the
/// next: calls one after the other share it, calls at the same time each need one. 24 bytes per token.
/// </summary>
public sealed class SampleScratch
{
    /// <summary>Makes room for rows of <paramref name="vocabularySize"/> logits.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The size is not 1 to <see
    /// cref="Sample.MaxVocabularySize"/>.</exception>
    public SampleScratch(int vocabularySize)
    {
        if (vocabularySize is < 1 or > Sample.MaxVocabularySize)
        {
            throw new ArgumentOutOfRangeException(
                nameof(vocabularySize), $"SampleScratch: {vocabularySize} tokens of 1 to {Sample.MaxVocabularySize}.");
        }

        Shifted = new float[vocabularySize];
        Weights = new float[vocabularySize];
        Exact = new double[vocabularySize];
        Order = new ulong[vocabularySize];
        BlockMasses = new ulong[(vocabularySize + BlockTokens - 1) / BlockTokens];
    }

    /// <summary>Tokens of a row.</summary>
    public int VocabularySize => Shifted.Length;

    internal const int BlockTokens = 1024;

    /// <summary>d of step 2.</summary>
    internal float[] Shifted { get; }

    /// <summary>w of step 4.</summary>
    internal float[] Weights { get; }

    /// <summary>a of step 1, of those tokens alone that the step changes.</summary>
    internal double[] Exact { get; }

    /// <summary>Tokens to be sorted: order of d, then id.</summary>
    internal ulong[] Order { get; }

    /// <summary>Mass that is kept in each run of <see cref="BlockTokens"/> tokens.</summary>
    internal ulong[] BlockMasses { get; }
}
