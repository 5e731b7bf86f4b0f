using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using FsCheck.Fluent;
using Puna.TestKit;

namespace Puna.Tokenizer.Tests;

public class BpeTokenizerTests
{
    private static readonly BpeTokenizer Demo = BpeTokenizer.Load(Goldens.Demo);

    [Fact]
    public void Decoding_what_was_encoded_gives_any_bytes_back() => Texts.Check(
        ArbMap.Default.ArbFor<byte[]>(),
        bytes =>
        {
            List<int> ids = [];
            Demo.Encode(bytes, SpecialTokenHandling.AsText, ids);
            return Demo.DecodeBytes([.. ids]).SequenceEqual(bytes);
        });

    [Fact]
    public void Decoding_what_was_encoded_gives_any_text_back() => Texts.Check(
        Texts.Arbitrary,
        pieces => string.Concat(pieces) is string text
            && Demo.Decode(Demo.Encode(text)) == text
            && Demo.Decode(Demo.Encode(text, SpecialTokenHandling.Recognise)) == text);

    [Fact]
    public void Lone_surrogates_become_replacement_characters() => Texts.Check(
        ArbMap.Default.ArbFor<char[]>(),
        chars => Demo.Decode(Demo.Encode(new string(chars) + "\uD800x\uDC00"))
            == Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(new string(chars) + "\uD800x\uDC00")));

    [Fact]
    public void Characters_and_their_utf8_encode_the_same() => Texts.Check(Texts.Arbitrary, pieces =>
    {
        List<int> ids = [];
        Demo.Encode(Encoding.UTF8.GetBytes(string.Concat(pieces)), SpecialTokenHandling.Recognise, ids);
        return ids.SequenceEqual(Demo.Encode(string.Concat(pieces), SpecialTokenHandling.Recognise));
    });

    [Fact]
    public void What_was_encoded_before_changes_nothing()
    {
        string[] texts = [.. Enumerable.Range(0, 300).Select(Squares)];
        int[][] fresh = [.. texts.Take(20).Select(text => BpeTokenizer.Load(Goldens.Demo).Encode(text))];

        int[][] once = Demo.EncodeAll(texts, threads: 1), parallel = Demo.EncodeAll(texts, threads: 4);

        Assert.Equal(fresh, once.Take(20));
        Assert.Equal(once, parallel);

        static string Squares(int first) => string.Join(' ', Enumerable.Range(first, 40).Select(n => n * n * 31));
    }

    [Fact]
    public void A_special_token_is_a_token_only_where_asked()
    {
        Assert.True(Demo.TryGetSpecialId("<|eot_id|>", out int eot));

        Assert.DoesNotContain(eot, Demo.Encode("a<|eot_id|>"));
        int[] ids = Demo.Encode("a<|eot_id|>b", SpecialTokenHandling.Recognise);
        Assert.Equal([.. Demo.Encode("a"), eot, .. Demo.Encode("b")], ids);
        Assert.True(Demo.IsSpecial(eot));
        Assert.Equal("<|eot_id|>", Encoding.UTF8.GetString(Demo.Bytes(eot)));
        Assert.Equal("ab", Demo.Decode(ids, SpecialTokenRendering.Skip));
        Assert.Equal(2288, Demo.BosId);
        Assert.Equal(2304, Demo.VocabularySize);
        Assert.False(Demo.TryGetSpecialId("<|nothing|>", out _));
    }

    [Fact]
    public void Of_special_tokens_that_start_together_the_longest_wins()
    {
        BpeTokenizer tokenizer = TokenizerJsonFile.Load(json =>
        {
            json["added_tokens"]![1]!["content"] = "<|x|>";
            json["added_tokens"]![2]!["content"] = "<|x|>y";
        });

        Assert.Equal([2290], tokenizer.Encode("<|x|>y", SpecialTokenHandling.Recognise));
        Assert.Equal([2289, 2290], tokenizer.Encode("<|x|><|x|>y", SpecialTokenHandling.Recognise));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2304)]
    public void An_id_outside_the_vocabulary_is_an_error(int id)
    {
        StreamingDecoder decoder = new(Demo);
        string sentence = $"id {id} is outside the vocabulary, whose 2304 ids are 0 to 2303. (Parameter 'id')";

        Assert.Equal(sentence, Assert.Throws<ArgumentOutOfRangeException>(() => Demo.Decode([1, id])).Message);
        Assert.Equal(sentence, Assert.Throws<ArgumentOutOfRangeException>(() => Demo.IsSpecial(id)).Message);
        Assert.Equal(sentence, Assert.Throws<ArgumentOutOfRangeException>(() => Demo.Bytes(id).Length).Message);
        Assert.Equal(sentence, Assert.Throws<ArgumentOutOfRangeException>(() => decoder.Add(id)).Message);
    }

    [Fact]
    public void Decoding_into_a_writer_appends()
    {
        ArrayBufferWriter<byte> writer = new();
        int[] ids = Demo.Encode("one two three");

        Demo.DecodeBytes(ids.AsSpan(0, 1), SpecialTokenRendering.Keep, writer);
        Demo.DecodeBytes(ids.AsSpan(1), SpecialTokenRendering.Keep, writer);
        Demo.DecodeBytes([], SpecialTokenRendering.Keep, writer);

        Assert.Equal("one two three", Encoding.UTF8.GetString(writer.WrittenSpan));
    }

    [Fact]
    public void Warm_encoding_and_decoding_allocate_nothing()
    {
        string text = string.Concat(Enumerable.Range(0, 2000).Select(i => $"word{i} Übung {i * 7919} ภาษา\n"));
        List<int> ids = new(text.Length);
        Demo.Encode(text, SpecialTokenHandling.Recognise, ids);
        ArrayBufferWriter<byte> writer = new(text.Length * 3);

        // Once may meet the runtime at work on this thread, such as tiered compilation; all of several may not.
        long least = long.MaxValue;
        for (int i = 0; i < 5; i++)
        {
            ids.Clear();
            writer.ResetWrittenCount();
            long before = GC.GetAllocatedBytesForCurrentThread();
            Demo.Encode(text, SpecialTokenHandling.Recognise, ids);
            Demo.DecodeBytes(CollectionsMarshal.AsSpan(ids), SpecialTokenRendering.Keep, writer);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.True(ids.Count > 10_000);
        Assert.Equal(0, least);
    }
}
