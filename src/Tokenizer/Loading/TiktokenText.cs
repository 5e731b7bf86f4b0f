using System.Buffers;
using System.Buffers.Text;
using Puna.Tokenizer.Bpe;

namespace Puna.Tokenizer.Loading;

/// <summary>
/// Reads tiktoken's text format: one line per token, the base64 of its bytes, a space, its rank, which is also its id.
/// The file holds neither the split pattern nor special tokens: those are Llama 3's.
/// </summary>
internal static class TiktokenText
{
    /// <summary>Special tokens of Llama 3; their ids follow the ranks.</summary>
    public const int SpecialCount = 256;

    private const string Again = "Download the file again.";

    // By place after the last rank, as Hugging Face's files name them; all others are reserved, numbered in order.
    private static readonly Dictionary<int, string> NamedSpecials = new()
    {
        [0] = TokenizerDefinition.BeginOfText,
        [1] = "<|end_of_text|>",
        [4] = "<|finetune_right_pad_id|>",
        [6] = "<|start_header_id|>",
        [7] = "<|end_header_id|>",
        [8] = "<|eom_id|>",
        [9] = "<|eot_id|>",
        [10] = "<|python_tag|>",
    };

    /// <summary>Parses a file.</summary>
    /// <param name="content">The whole file.</param>
    /// <param name="name">Its name, for errors.</param>
    public static TokenizerDefinition Parse(ReadOnlySpan<byte> content, string name)
    {
        byte[][] tokens = ReadTokens(content, name);
        CheckTokens(tokens, name);
        Dictionary<string, int> specials = [];
        foreach (string special in SpecialNames())
            specials.Add(special, tokens.Length + specials.Count);
        Vocabulary vocabulary = new(
            [.. tokens, .. specials.Keys.Select(System.Text.Encoding.UTF8.GetBytes)], tokens.Length);
        return new(vocabulary, MergesOf(vocabulary, tokens), 3, true, specials, tokens.Length);
    }

    /// <summary>The 256 names, in order of their ids.</summary>
    private static IEnumerable<string> SpecialNames()
    {
        int reserved = 0;
        for (int i = 0; i < SpecialCount; i++)
        {
            yield return NamedSpecials.TryGetValue(i, out string? name)
                ? name
                : $"<|reserved_special_token_{reserved++}|>";
        }
    }

    private static byte[][] ReadTokens(ReadOnlySpan<byte> content, string name)
    {
        Dictionary<int, byte[]> tokens = [];
        int number = 0;
        foreach (Range range in content.Split((byte)'\n'))
        {
            number++;
            ReadOnlySpan<byte> line = content[range].TrimEnd((byte)'\r');
            if (line.IsEmpty)
                continue;
            int space = line.IndexOf((byte)' ');
            byte[]? token = space < 0 ? null : FromBase64(line[..space]);
            if (token is null || !Utf8Parser.TryParse(line[(space + 1)..], out int rank, out int used)
                || used != line.Length - space - 1)
            {
                throw new TokenizerFormatException(
                    $"{name}: line {number} is '{Show(line)}', but the base64 of a token, a space and its rank were "
                    + $"expected (tiktoken text; the file is not a tokenizer.json either). {Again}");
            }

            if (!tokens.TryAdd(rank, token))
                throw new TokenizerFormatException(
                    $"{name}: line {number} has rank {rank} again, but each rank stands once. {Again}");
        }

        for (int rank = 0; rank < tokens.Count; rank++)
        {
            if (!tokens.ContainsKey(rank))
                throw new TokenizerFormatException(
                    $"{name}: rank {rank} is missing, but {tokens.Count} lines were expected to have ranks 0 to "
                    + $"{tokens.Count - 1}. {Again}");
        }

        return [.. Enumerable.Range(0, tokens.Count).Select(rank => tokens[rank])];
    }

    private static byte[]? FromBase64(ReadOnlySpan<byte> text)
    {
        byte[] bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length)];
        OperationStatus status = Base64.DecodeFromUtf8(text, bytes, out _, out int written);
        return status == OperationStatus.Done && written > 0 ? bytes[..written] : null;
    }

    private static void CheckTokens(byte[][] tokens, string name)
    {
        if (tokens.Length + SpecialCount > MergeTable.MaxIds)
            throw new TokenizerFormatException(
                $"{name}: it has {tokens.Length} ranks, but at most {MergeTable.MaxIds - SpecialCount} are supported.");
        Dictionary<string, int> seen = [];
        for (int rank = 0; rank < tokens.Length; rank++)
        {
            string key = Convert.ToHexString(tokens[rank]);
            if (!seen.TryAdd(key, rank))
                throw new TokenizerFormatException(
                    $"{name}: rank {rank} has the bytes of rank {seen[key]}, but each token stands once. {Again}");
        }

        for (int b = 0; b < 256; b++)
        {
            if (!seen.ContainsKey(b.ToString("X2", null)))
                throw new TokenizerFormatException(
                    $"{name}: no rank is the single byte 0x{b:X2}, but all 256 must be there "
                    + $"(any text must encode). {Again}");
        }
    }

    /// <summary>
    /// tiktoken merges the two neighbours whose joined bytes have the lowest rank: so every way to cut a token into two
    /// tokens is a merge, and all ways of one token have the same rank.
    /// </summary>
    private static List<Merge> MergesOf(Vocabulary vocabulary, byte[][] tokens)
    {
        List<Merge> merges = [];
        for (int rank = 0; rank < tokens.Length; rank++)
        {
            ReadOnlySpan<byte> token = tokens[rank];
            for (int cut = 1; cut < token.Length; cut++)
            {
                int left = vocabulary.Find(token[..cut]);
                int right = left < 0 ? -1 : vocabulary.Find(token[cut..]);
                if (right >= 0)
                    merges.Add(new(left, right, rank, rank));
            }
        }

        return merges;
    }

    private static string Show(ReadOnlySpan<byte> line)
    {
        string text = System.Text.Encoding.Latin1.GetString(line[..Math.Min(line.Length, 40)]);
        return string.Concat(text.Select(c => c is >= ' ' and < '\u007f' ? c : '.'));
    }
}
