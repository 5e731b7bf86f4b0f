namespace Puna.Runtime.Scheduling;

/// <summary>Refuses ids that the embedding has no row for.</summary>
internal static class TokenRange
{
    /// <param name="ids">What to look at.</param>
    /// <param name="vocabSize">What each id must stay below.</param>
    /// <param name="where">What the ids are, for the message.</param>
    /// <exception cref="ArgumentException">An id is outside the vocabulary.</exception>
    public static void Check(ReadOnlySpan<int> ids, int vocabSize, string where)
    {
        foreach (int id in ids)
        {
            if (id < 0 || id >= vocabSize)
            {
                throw new ArgumentException($"{where}: token id {id}, but the vocabulary has ids 0 to {vocabSize - 1}. "
                    + "Do tokenizer and weights belong to the same model?");
            }
        }
    }
}
