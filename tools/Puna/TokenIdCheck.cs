using System.Collections.Immutable;

namespace Puna.Tools;

/// <summary>Checks ids that came from a file against a model.</summary>
internal static class TokenIdCheck
{
    /// <summary>The ids, all of them inside the vocabulary.</summary>
    /// <param name="ids">Token ids.</param>
    /// <param name="vocabSize">The vocabulary's size.</param>
    /// <param name="where">What messages call their file.</param>
    public static ImmutableArray<int> Inside(ImmutableArray<int> ids, int vocabSize, string where)
    {
        for (int i = 0; i < ids.Length; i++)
        {
            if (ids[i] >= vocabSize)
            {
                throw CommandException.BadInput($"{where}: element {i} of the array is {ids[i]}, but the vocabulary "
                    + "has ids 0 to "
                    + $"{vocabSize - 1}. Were the ids made with this model's tokenizer?");
            }
        }

        return ids;
    }
}
