using System.IO.Compression;
using Puna.TestKit;
using Puna.Tokenizer.Loading;

namespace Puna.Tokenizer.Tests;

public class GoldenTests
{
    [Fact]
    public void Public_cases_of_Llama_3_give_the_recorded_ids()
    {
        BpeTokenizer tokenizer = BpeTokenizer.Load(Goldens.Shared("data/llama3-tokenizer"));
        // Every text is followed by the mark, the last one too.
        string input = File.ReadAllText(Goldens.Shared("data/llama3-tokenizer/cases.inp"));
        string[] texts = input.Split("\n__ggml_vocab_test__\n")[..^1];
        string[] ids = File.ReadAllText(Goldens.Shared("data/llama3-tokenizer/cases.out")).Split('\n')[..texts.Length];

        int[][] actual = tokenizer.EncodeAll(texts, threads: 2);

        Assert.Equal(46, texts.Length);
        Assert.Equal(ids.Select(line => line.Trim()), actual.Select(row => string.Join(' ', row)));
    }

    [Fact]
    public void Rows_of_Llama_3_through_tokenizer_model() => GoldenRow.AssertAll(
        BpeTokenizer.Load(Goldens.Shared("data/llama3-tokenizer/tokenizer.model")),
        GoldenRow.Read(Goldens.Shared("goldens/tokenizer/llama3.jsonl")));

    [Fact]
    public void Rows_of_Llama_3_through_tokenizer_json() => GoldenRow.AssertAll(
        Unzip(Goldens.Shared("goldens/tokenizer/llama3-tokenizer.json.gz")),
        GoldenRow.Read(Goldens.Shared("goldens/tokenizer/llama3.jsonl")));

    [Fact]
    public void Rows_of_the_demo() => GoldenRow.AssertAll(
        BpeTokenizer.Load(Goldens.Demo),
        GoldenRow.Read(Goldens.Shared("goldens/tokenizer/demo.jsonl")));

    [Fact]
    public void Committed_rows_of_the_demo() => GoldenRow.AssertAll(
        BpeTokenizer.Load(Goldens.Demo),
        GoldenRow.Read(Goldens.InRepository("tests/Tokenizer.Tests/Data/demo-rows.jsonl")));

    [Fact]
    public void Both_files_of_Llama_3_are_the_same_tokenizer()
    {
        BpeTokenizer text = BpeTokenizer.Load(Goldens.Shared("data/llama3-tokenizer/tokenizer.model"));
        BpeTokenizer json = Unzip(Goldens.Shared("goldens/tokenizer/llama3-tokenizer.json.gz"));

        Assert.Equal(128_256, text.VocabularySize);
        Assert.Equal(text.VocabularySize, json.VocabularySize);
        Assert.Equal(128_000, text.BosId);
        Assert.Equal(text.BosId, json.BosId);
        Assert.Equal(text.SpecialTokens.OrderBy(s => s.Value), json.SpecialTokens.OrderBy(s => s.Value));
        for (int id = 0; id < text.VocabularySize; id++)
        {
            Assert.True(text.Bytes(id).SequenceEqual(json.Bytes(id)), $"id {id}");
            Assert.Equal(text.IsSpecial(id), json.IsSpecial(id));
        }
    }

    private static BpeTokenizer Unzip(string path)
    {
        using GZipStream zipped = new(File.OpenRead(path), CompressionMode.Decompress);
        using MemoryStream content = new();
        zipped.CopyTo(content);
        return new(TokenizerFile.Parse(content.ToArray(), "tokenizer.json"));
    }
}
