using System.Diagnostics;
using System.Globalization;
using System.Text;
using Puna.Tokenizer;

namespace Puna.Bench;

/// <summary>
/// Puna's side of <c>bench/peers/tokenizer</c>. Writes the text, or measures one pass per line that it reads, so that
/// the script can run one pass of each encoder in turn.
/// </summary>
internal static class TokenizerPeers
{
    /// <summary>
    /// <c>text MODEL OUT</c> writes 10 MB of documents; <c>measure MODEL TEXT</c> reads lines <c>encode</c> or
    /// <c>decode</c> and answers each with seconds, bytes and tokens of one pass over all documents.
    /// </summary>
    public static int Run(ReadOnlySpan<string> arguments)
    {
        switch (arguments)
        {
            case ["text", string model, string output]:
                List<string> documents =
                    TokenizerText.Generate(BpeTokenizer.Load(model), Repository(), 10_000_000, seed: 1);
                File.WriteAllText(output, string.Join(TokenizerText.Separator, documents));
                return 0;
            case ["measure", string model, string text]:
                Measure(BpeTokenizer.Load(model), File.ReadAllText(text).Split(TokenizerText.Separator));
                return 0;
            default:
                Console.Error.WriteLine("usage: tokenizer-peers text MODEL OUT | tokenizer-peers measure MODEL TEXT");
                return 2;
        }
    }

    /// <summary>The repository's root, above the program.</summary>
    public static string Repository()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Runtime.sln")))
            folder = folder.Parent;
        return folder?.FullName
            ?? throw new InvalidOperationException($"no Runtime.sln above {AppContext.BaseDirectory}");
    }

    private static void Measure(BpeTokenizer tokenizer, string[] documents)
    {
        long bytes = documents.Sum(d => (long)Encoding.UTF8.GetByteCount(d));
        int[][] ids = tokenizer.EncodeAll(documents, threads: 1);
        long tokens = ids.Sum(d => (long)d.Length);
        List<int> buffer = new(1 << 16);
        while (Console.ReadLine() is string line)
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < documents.Length; i++)
            {
                buffer.Clear();
                if (line == "encode")
                    tokenizer.Encode(documents[i], SpecialTokenHandling.AsText, buffer);
                else
                    tokenizer.Decode(ids[i]);
            }

            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{seconds} {bytes} {tokens}"));
        }
    }
}
