using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Puna.Tokenizer;

namespace Puna.Bench;

/// <summary>
/// The text of the tokenizer benchmarks: documents in eight languages and C# code, the same share of bytes each. It is
/// generated from a seed, this repository's sources and the vocabulary; nothing is downloaded.
/// </summary>
internal static partial class TokenizerText
{
    /// <summary>Separates documents in the file; no document contains it.</summary>
    public const char Separator = '\f';

    private const string Code = "code";

    /// <summary>Generates documents of one to six kilobytes.</summary>
    /// <param name="tokenizer">Its vocabulary gives the words of middling frequency.</param>
    /// <param name="repository">The folder whose C# sources are recombined.</param>
    /// <param name="bytes">UTF-8 bytes in all, at least.</param>
    /// <param name="seed">The same seed gives the same text for the same sources.</param>
    public static List<string> Generate(BpeTokenizer tokenizer, string repository, int bytes, int seed)
    {
        Random random = new(seed);
        Dictionary<string, TokenizerLexicon> lexicons =
            TokenizerLexicon.Build(TokenizerSentences.ByLanguage, VocabularyWords(tokenizer), random);
        // Not every peer can be told to take the names of special tokens as text, so the text has none.
        string[] lines = [.. SourceFiles(repository).SelectMany(File.ReadLines).Where(l => !l.Contains("<|"))];
        string[] kinds = [.. lexicons.Keys.Order(StringComparer.Ordinal), Code];
        int[] written = new int[kinds.Length];
        List<string> documents = [];
        while (written.Sum() < bytes)
        {
            // The kind that is furthest behind comes next, so each gets the same share of bytes.
            int kind = Array.IndexOf(written, written.Min());
            string document = kinds[kind] == Code
                ? CodeDocument(lines, lexicons["en"], random)
                : Document(kinds[kind], lexicons[kinds[kind]], random);
            written[kind] += Encoding.UTF8.GetByteCount(document);
            documents.Add(document);
        }

        return documents;
    }

    /// <summary>Tokens that are a space and letters: whole words, or beginnings of words.</summary>
    private static IEnumerable<string> VocabularyWords(BpeTokenizer tokenizer)
    {
        for (int id = 0; id < tokenizer.VocabularySize; id++)
        {
            string token = tokenizer.IsSpecial(id) ? "" : Encoding.UTF8.GetString(tokenizer.Bytes(id));
            bool isSpaced = token.StartsWith(' ');
            string word = token.TrimStart(' ');
            bool isThai = word.Length > 1 && word.All(c => c is >= '\u0E00' and <= '\u0E7F');
            if (isThai || (isSpaced && word.Length > 2 && word.All(IsWordCharacter)))
                yield return word;
        }
    }

    private static bool IsWordCharacter(char c) => char.IsLower(c) || CharUnicodeInfo.GetUnicodeCategory(c) is
        UnicodeCategory.OtherLetter or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;

    private static IEnumerable<string> SourceFiles(string repository) =>
        new[] { "src", "tests", "tools", "bench" }
            .Select(folder => Path.Combine(repository, folder))
            .Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories))
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}"))
            .Order(StringComparer.Ordinal);

    private static string Document(string language, TokenizerLexicon lexicon, Random random)
    {
        StringBuilder text = new();
        for (int paragraph = random.Next(1, 6); paragraph > 0; paragraph--)
        {
            for (int sentence = random.Next(2, 7); sentence > 0; sentence--)
                Sentence(text, language, lexicon, random);
            text.Append("\n\n");
        }

        return text.ToString();
    }

    private static void Sentence(StringBuilder text, string language, TokenizerLexicon lexicon, Random random)
    {
        int count = random.Next(5, 24);
        for (int i = 0; i < count; i++)
        {
            string word = random.Next(40) == 0 ? Number(random) : lexicon.Next(random);
            bool isName = i == 0 || random.Next(15) == 0;
            text.Append(isName ? char.ToUpperInvariant(word[0]) + word[1..] : word);
            if (i + 1 == count)
                text.Append(language == "hi" ? "। " : language == "th" ? " " : random.Next(8) == 0 ? "? " : ". ");
            else if (random.Next(9) == 0)
                text.Append(language == "th" ? " " : ", ");
            else if (language != "th")
                text.Append(random.Next(60) == 0 ? " – " : " ");
        }
    }

    private static string Number(Random random) => random.Next(3) switch
    {
        0 => random.Next(1900, 2030).ToString(CultureInfo.InvariantCulture),
        1 => random.Next(100).ToString(CultureInfo.InvariantCulture),
        _ => (random.Next(100_000) / 100.0).ToString("0.00", CultureInfo.InvariantCulture),
    };

    /// <summary>Runs of source lines, with half of the identifiers renamed so that blocks do not repeat.</summary>
    private static string CodeDocument(string[] lines, TokenizerLexicon words, Random random)
    {
        int count = random.Next(20, 90), start = random.Next(lines.Length - count);
        Dictionary<string, string> names = [];
        return Identifier().Replace(string.Join('\n', lines[start..(start + count)]), match =>
        {
            if (!names.TryGetValue(match.Value, out string? name))
            {
                name = random.Next(2) == 0 ? match.Value : Rename(match.Value, words, random);
                names.Add(match.Value, name);
            }

            return name;
        }) + "\n";
    }

    private static string Rename(string old, TokenizerLexicon words, Random random)
    {
        string first = words.Next(random), second = words.Next(random);
        string name = first + char.ToUpperInvariant(second[0]) + second[1..];
        return char.IsUpper(old[0]) ? char.ToUpperInvariant(name[0]) + name[1..] : name;
    }

    /// <summary>Names of at least six letters: long enough to be the project's rather than the language's.</summary>
    [GeneratedRegex(@"\b[A-Za-z][A-Za-z]{5,}\b")]
    private static partial Regex Identifier();
}
