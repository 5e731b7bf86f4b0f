using System.Text;

namespace Puna.Bench;

/// <summary>
/// A language's words by falling frequency: those of its sentences, then words of the vocabulary that look like the
/// language, then words that a chain of letters invents, so that the text has the long tail of a real one.
/// </summary>
internal sealed class TokenizerLexicon
{
    private const int InventedWords = 15_000;

    private readonly string[] _words;
    private readonly double[] _cumulative;

    private TokenizerLexicon(string[] words)
    {
        _words = words;
        _cumulative = new double[words.Length];
        double sum = 0;
        for (int rank = 0; rank < words.Length; rank++)
            _cumulative[rank] = sum += 1 / (rank + 2.7);
    }

    /// <summary>A word, by Zipf's and Mandelbrot's law.</summary>
    public string Next(Random random)
    {
        int at = Array.BinarySearch(_cumulative, random.NextDouble() * _cumulative[^1]);
        return _words[Math.Min(at < 0 ? ~at : at, _words.Length - 1)];
    }

    /// <summary>Builds the lexicons of all languages.</summary>
    /// <param name="sentences">Text of each language.</param>
    /// <param name="vocabulary">Words in any language, by falling frequency.</param>
    /// <param name="random">Seeded.</param>
    public static Dictionary<string, TokenizerLexicon> Build(
        IReadOnlyDictionary<string, string> sentences, IEnumerable<string> vocabulary, Random random)
    {
        Dictionary<string, List<string>> words = [];
        Dictionary<string, Dictionary<string, int>> trigrams = [];
        foreach ((string language, string text) in sentences)
        {
            string[] own = text.Split([' ', '\n', '.', ',', '?', '।', '¿'], StringSplitOptions.RemoveEmptyEntries);
            words[language] = [.. own.GroupBy(w => w).OrderByDescending(g => g.Count()).Select(g => g.Key)];
            trigrams[language] = own.SelectMany(Trigrams).GroupBy(t => t).ToDictionary(g => g.Key, g => g.Count());
        }

        foreach (string word in vocabulary)
        {
            string best = trigrams.MaxBy(t => Likeness(word, t.Value)).Key;
            if (Likeness(word, trigrams[best]) > double.NegativeInfinity)
                words[best].Add(word);
        }

        foreach (List<string> known in words.Values)
            known.AddRange(Invent(known, random));
        return words.ToDictionary(w => w.Key, w => new TokenizerLexicon([.. w.Value.Distinct()]));
    }

    private static IEnumerable<string> Trigrams(string word)
    {
        string padded = $"^{word}$";
        return Enumerable.Range(0, padded.Length - 2).Select(i => padded.Substring(i, 3));
    }

    /// <summary>Log-likelihood per trigram; minus infinity where no trigram is known.</summary>
    private static double Likeness(string word, Dictionary<string, int> known)
    {
        double sum = 0;
        bool isKnown = false;
        int count = 0;
        foreach (string trigram in Trigrams(word))
        {
            isKnown |= known.TryGetValue(trigram, out int times);
            sum += Math.Log(times + 0.1);
            count++;
        }

        return isKnown ? sum / count : double.NegativeInfinity;
    }

    private static IEnumerable<string> Invent(List<string> known, Random random)
    {
        Dictionary<string, List<char>> followers = [];
        foreach (string word in known)
        {
            string padded = $"^^{word}$";
            for (int i = 2; i < padded.Length; i++)
            {
                string key = padded.Substring(i - 2, 2);
                if (!followers.TryGetValue(key, out List<char>? next))
                    followers.Add(key, next = []);
                next.Add(padded[i]);
            }
        }

        for (int i = 0; i < InventedWords; i++)
        {
            StringBuilder word = new("^^");
            for (char next = '^'; next != '$' && word.Length < 22; word.Append(next))
            {
                List<char> choices = followers[word.ToString(word.Length - 2, 2)];
                next = choices[random.Next(choices.Count)];
            }

            yield return word.ToString(2, word.Length - 2).TrimEnd('$');
        }
    }
}
