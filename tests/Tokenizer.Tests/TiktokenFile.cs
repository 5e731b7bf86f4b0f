using System.Text;
using Puna.Tokenizer.Loading;

namespace Puna.Tokenizer.Tests;

/// <summary>Small tokenizers in tiktoken's text format.</summary>
internal static class TiktokenFile
{
    /// <summary>The 256 bytes, in order, then these tokens.</summary>
    public static string Text(params string[] tokens)
    {
        IEnumerable<byte[]> all = Enumerable.Range(0, 256).Select(b => new[] { (byte)b })
            .Concat(tokens.Select(Encoding.UTF8.GetBytes));
        return string.Concat(all.Select((token, rank) => $"{Convert.ToBase64String(token)} {rank}\n"));
    }

    /// <summary>The tokenizer of such a file.</summary>
    public static BpeTokenizer Load(params string[] tokens) => Parse(Text(tokens));

    /// <summary>The tokenizer of a file with this content.</summary>
    public static BpeTokenizer Parse(string content) =>
        new(TokenizerFile.Parse(Encoding.UTF8.GetBytes(content), "tokenizer.model"));
}
