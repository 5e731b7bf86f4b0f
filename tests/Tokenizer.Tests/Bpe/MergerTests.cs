using Puna.TestKit;
using Puna.Tokenizer.Bpe;

namespace Puna.Tokenizer.Tests.Bpe;

public class MergerTests
{
    [Fact]
    public void Merging_with_a_heap_or_vector_minima_equals_the_textbook()
    {
        BpeModel model = BpeTokenizer.Load(Goldens.Demo).Model;
        ShortMerger shortMerger = new(model.Merges);
        LongMerger longMerger = new(model.Merges);
        Random random = new(1);
        for (int round = 0; round < 2000; round++)
        {
            byte[] piece = RandomPiece(random, model.Vocabulary, 1 + random.Next(ShortMerger.MaxBytes));
            int[] expected = Textbook(piece, model.Merges);

            int[] ids = new int[piece.Length];
            int count = shortMerger.Run(piece, ids);
            List<int> heaped = [];
            longMerger.Run(piece, heaped);

            Assert.Equal(expected, ids[..count]);
            Assert.Equal(expected, heaped);
        }
    }

    [Fact]
    public void Equal_ranks_merge_from_the_left()
    {
        BpeTokenizer tokenizer = TiktokenFile.Load("aa", "aaa", "aaaa");

        // aa aa a: of (aa, aa) and (aa, a), the second has the lower rank.
        Assert.Equal([256, 257], tokenizer.Encode("aaaaa"));
        Assert.Equal([258, 256], tokenizer.Encode("aaaaaa"));
        Assert.Equal([256, 'a'], TiktokenFile.Load("aa").Encode("aaa"));
    }

    /// <summary>Tokens' bytes one after the other, cut at a length: much merges, in many orders.</summary>
    private static byte[] RandomPiece(Random random, Vocabulary vocabulary, int length)
    {
        List<byte> bytes = [];
        while (bytes.Count < length)
            bytes.AddRange(vocabulary.Bytes(random.Next(vocabulary.Count)));
        return [.. bytes.Take(length)];
    }

    private static int[] Textbook(byte[] piece, MergeTable table)
    {
        List<int> parts = [.. piece.Select(b => table.ByteId(b))];
        while (true)
        {
            int best = -1, bestRank = MergeTable.NoRank;
            for (int i = 0; i + 1 < parts.Count; i++)
            {
                int rank = table.Rank(parts[i], parts[i + 1]);
                if (rank < bestRank)
                    (best, bestRank) = (i, rank);
            }

            if (best < 0)
                return [.. parts];
            parts[best] = table.Result(bestRank);
            parts.RemoveAt(best + 1);
        }
    }
}
