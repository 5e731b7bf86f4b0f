using System.Text;
using Puna.TestKit;
using Puna.Tokenizer.Loading;

namespace Puna.Tokenizer.Tests.Loading;

public sealed class TokenizerFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("puna-tokenizer-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Content_decides_and_not_the_name()
    {
        File.WriteAllText(Path.Combine(_folder, "tokenizer.json"), TiktokenFile.Text("ab"));
        File.Copy(Path.Combine(Goldens.Demo, "tokenizer.json"), Path.Combine(_folder, "other.bin"));

        Assert.Equal(257 + 256, BpeTokenizer.Load(_folder).VocabularySize);
        Assert.Equal(2304, BpeTokenizer.Load(Path.Combine(_folder, "other.bin")).VocabularySize);
    }

    [Fact]
    public void Of_two_files_tokenizer_json_wins()
    {
        File.WriteAllText(Path.Combine(_folder, "tokenizer.model"), TiktokenFile.Text("ab"));
        File.Copy(Path.Combine(Goldens.Demo, "tokenizer.json"), Path.Combine(_folder, "tokenizer.json"));

        Assert.Equal(2304, BpeTokenizer.Load(_folder).VocabularySize);
    }

    [Fact]
    public void A_folder_without_a_tokenizer_is_named()
    {
        FileNotFoundException e = Assert.Throws<FileNotFoundException>(() => BpeTokenizer.Load(_folder));

        Assert.Equal(
            $"{_folder}: the folder holds neither tokenizer.json nor tokenizer.model, but a tokenizer was expected "
            + "there. Give a folder with tokenizer.json or tokenizer.model, or such a file.",
            e.Message);
    }

    [Fact]
    public void A_path_to_nothing_is_named()
    {
        FileNotFoundException e = Assert.Throws<FileNotFoundException>(() => BpeTokenizer.Load("no/such"));

        Assert.Equal(
            "no/such: there is no such file or folder, but a tokenizer was expected "
            + "there. Give a folder with tokenizer.json or tokenizer.model, or such a file.",
            e.Message);
    }

    [Fact]
    public void An_empty_file_is_named() => AssertRefused(
        [],
        "tokenizer.model: the file is empty, but tiktoken text or a tokenizer.json was expected. Download it again.");

    [Fact]
    public void A_SentencePiece_model_is_named() => AssertRefused(
        [0x0A, 0x0E, 0x0A, 0x05, .. "<unk>"u8],
        "tokenizer.model: the content is a SentencePiece model, but only tiktoken text and tokenizer.json are "
        + "implemented (Llama 2 used SentencePiece under the same name). Use a tokenizer of the Llama 3 family.");

    [Fact]
    public void A_file_of_something_else_is_named() => AssertRefused(
        [0x7F, .. "ELF something"u8],
        "tokenizer.model: line 1 is '.ELF something', but the base64 of a token, a space and its rank were expected "
        + "(tiktoken text; the file is not a tokenizer.json either). Download the file again.");

    [Theory]
    [InlineData("QQ== 65", "QQ== 65x", "line 66 is 'QQ== 65x', but "
        + "the base64 of a token, a space and its rank were expected "
        + "(tiktoken text; the file is not a tokenizer.json either).")]
    [InlineData("QQ== 65", "Q*== 65", "line 66 is 'Q*== 65', but "
        + "the base64 of a token, a space and its rank were expected "
        + "(tiktoken text; the file is not a tokenizer.json either).")]
    [InlineData("QQ== 65", "QQ== 64", "line 66 has rank 64 again, but each rank stands once.")]
    [InlineData("QQ== 65", "QQ== 700", "rank 65 is missing, but 257 lines were expected to have ranks 0 to 256.")]
    [InlineData("QQ== 65", "Qg== 65", "rank 66 has the bytes of rank 65, but each token stands once.")]
    [InlineData("QQ== 65", "QUFB 65", "no rank is the single byte 0x41, but all 256 must be there "
        + "(any text must encode).")]
    public void Damaged_tiktoken_text_is_named(string line, string damaged, string sentence) => AssertRefused(
        Encoding.UTF8.GetBytes(TiktokenFile.Text("ab").Replace($"{line}\n", $"{damaged}\n")),
        $"tokenizer.model: {sentence} Download the file again.");

    [Fact]
    public void Lines_may_end_as_on_Windows_and_come_in_any_order()
    {
        string text = string.Join("\r\n", TiktokenFile.Text("ab", "abc").Split('\n').Reverse());

        Assert.Equal([257], TiktokenFile.Parse(text).Encode("abc"));
    }

    [Fact]
    public void Special_tokens_of_tiktoken_text_follow_the_ranks()
    {
        BpeTokenizer tokenizer = TiktokenFile.Load("ab");

        Assert.Equal(257, tokenizer.BosId);
        Assert.Equal(257 + 9, tokenizer.SpecialTokens["<|eot_id|>"]);
        Assert.Equal(257 + 5, tokenizer.SpecialTokens["<|reserved_special_token_2|>"]);
        Assert.Equal(257 + 255, tokenizer.SpecialTokens["<|reserved_special_token_247|>"]);
        Assert.Equal(256, tokenizer.SpecialTokens.Count);
    }

    private static void AssertRefused(byte[] content, string sentence) => Assert.Equal(
        sentence,
        Assert.Throws<TokenizerFormatException>(() => TokenizerFile.Parse(content, "tokenizer.model")).Message);
}
