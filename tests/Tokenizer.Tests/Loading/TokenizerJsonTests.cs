using System.Text;
using System.Text.Json.Nodes;
using Puna.Tokenizer.Loading;

namespace Puna.Tokenizer.Tests.Loading;

public class TokenizerJsonTests
{
    [Theory]
    [InlineData("normalizer", """{"type":"NFC"}""", """normalizer is {"type":"NFC"}, but only null is""")]
    [InlineData("truncation", """{"max_length":8}""", """truncation is {"max_length":8}, but only null is""")]
    [InlineData("padding", "{}", "padding is {}, but only null is")]
    [InlineData("version", "\"2.0\"", "version is \"2.0\", but only \"1.0\" is")]
    [InlineData("decoder/type", "\"Metaspace\"", "decoder.type is \"Metaspace\", but only \"ByteLevel\" is")]
    [InlineData("model/type", "\"Unigram\"", "model.type is \"Unigram\", but only \"BPE\" is")]
    [InlineData("model/dropout", "0.1", "model.dropout is 0.1, but only null is")]
    [InlineData("model/unk_token", "\"<unk>\"", "model.unk_token is \"<unk>\", but only null is")]
    [InlineData("model/byte_fallback", "true", "model.byte_fallback is true, but only false is")]
    [InlineData("model/fuse_unk", "true", "model.fuse_unk is true, but only false is")]
    [InlineData("model/end_of_word_suffix", "\"</w>\"", "model.end_of_word_suffix is \"</w>\", but only null is")]
    [InlineData("pre_tokenizer", "null", "pre_tokenizer is null, but only a Sequence of Split and ByteLevel is")]
    [InlineData(
        "pre_tokenizer/type", "\"Whitespace\"",
        "pre_tokenizer.type is \"Whitespace\", but only \"Sequence\" is")]
    [InlineData(
        "pre_tokenizer/pretokenizers/0/pattern/Regex", "\"[a-z]+\"",
        "pre_tokenizer.pretokenizers[0].pattern.Regex is \"[a-z]+\", but only the pattern of Llama 3 or Qwen2 is")]
    [InlineData(
        "pre_tokenizer/pretokenizers/0/behavior", "\"Removed\"",
        "pre_tokenizer.pretokenizers[0].behavior is \"Removed\", but only \"Isolated\" is")]
    [InlineData(
        "pre_tokenizer/pretokenizers/1/add_prefix_space", "true",
        "pre_tokenizer.pretokenizers[1].add_prefix_space is true, but only false is")]
    [InlineData(
        "pre_tokenizer/pretokenizers/1/use_regex", "",
        "pre_tokenizer.pretokenizers[1].use_regex is missing, but only false is")]
    [InlineData("added_tokens/0/lstrip", "true", "added_tokens[0].lstrip is true, but only false is")]
    [InlineData("added_tokens/1/rstrip", "true", "added_tokens[1].rstrip is true, but only false is")]
    [InlineData("added_tokens/2/single_word", "true", "added_tokens[2].single_word is true, but only false is")]
    [InlineData("added_tokens/3/normalized", "true", "added_tokens[3].normalized is true, but only false is")]
    [InlineData("added_tokens/4/special", "false", "added_tokens[4].special is false, but only true is")]
    [InlineData(
        "post_processor/type", "\"BertProcessing\"",
        "post_processor.type is \"BertProcessing\", but only TemplateProcessing, ByteLevel, or a Sequence of them is")]
    [InlineData(
        "post_processor/single", """[{"Sequence":{}},{}]""",
        """post_processor.single is [{"Sequence":{}},{}], but only at most one special token before the text is""")]
    public void What_would_change_ids_is_refused_by_name(string path, string value, string sentence)
    {
        TokenizerFormatException e =
            Assert.Throws<TokenizerFormatException>(() => TokenizerJsonFile.LoadWith(path, value));

        Assert.Equal(
            $"tokenizer.json: {sentence} implemented (another value gives other ids). "
            + "Use a tokenizer of the Llama 3 family.",
            e.Message);
    }

    [Fact]
    public void Unknown_keys_are_refused()
    {
        TokenizerFormatException e = Assert.Throws<TokenizerFormatException>(
            () => TokenizerJsonFile.LoadWith("model/cache", "7"));

        Assert.Equal(
            "tokenizer.json: model.cache is 7, but only a key of type, dropout, unk_token, continuing_subword_prefix, "
            + "end_of_word_suffix, fuse_unk, byte_fallback, ignore_merges, vocab, merges is implemented (another value "
            + "gives other ids). Use a tokenizer of the Llama 3 family.",
            e.Message);
    }

    [Theory]
    [InlineData(
        "model/merges/3", "\"abc\"",
        "model.merges[3] is \"abc\", but two tokens, as \"a b\" or [\"a\", \"b\"], was")]
    [InlineData(
        "model/merges/3", """["zq","qz"]""",
        """model.merges[3] is ["zq","qz"], but two tokens of model.vocab that together are a third was""")]
    [InlineData("model/merges/1", """["Ġ","a"]""", """model.merges[1] is ["Ġ","a"], but each pair once was""")]
    [InlineData("model/merges", "{}", "model.merges is {}, but an array was")]
    [InlineData("model/vocab", "[]", "model.vocab is [], but an object was")]
    [InlineData("model/vocab/!", "-4", "model.vocab.! is -4, but a whole number from 0 was")]
    [InlineData("model/vocab/!", "4", "model.vocab.% is 4, but every id from 0 to 2287 once was")]
    [InlineData("model/vocab/!", "2288", "model.vocab.! is 2288, but every id from 0 to 2287 once was")]
    [InlineData(
        "added_tokens/15/id", "3000",
        "added_tokens[15].id is 3000, but 2303, the id of <|reserved_special_token_7|>, was")]
    [InlineData("added_tokens/1/content", "\"<|begin_of_text|>\"",
        "added_tokens[1].content is \"<|begin_of_text|>\", but a name that stands once was")]
    [InlineData("model/ignore_merges", "3", "model.ignore_merges is 3, but true or false was")]
    public void Damage_is_named(string path, string value, string sentence)
    {
        TokenizerFormatException e =
            Assert.Throws<TokenizerFormatException>(() => TokenizerJsonFile.LoadWith(path, value));

        Assert.StartsWith($"tokenizer.json: {sentence} expected. Is the file complete? Download it again.", e.Message);
    }

    [Fact]
    public void A_token_outside_the_byte_level_alphabet_is_damage()
    {
        TokenizerFormatException e = Assert.Throws<TokenizerFormatException>(() => TokenizerJsonFile.Load(json =>
        {
            JsonObject vocab = json["model"]!["vocab"]!.AsObject();
            int id = vocab["!"]!.GetValue<int>();
            vocab.Remove("!");
            vocab["日"] = id;
        }));

        Assert.Equal(
            $"tokenizer.json: model.vocab.日 is 0, but a token spelled in the byte-level alphabet was expected. "
            + "Is the file complete? Download it again.",
            e.Message);
    }

    [Fact]
    public void A_vocabulary_without_a_byte_is_refused()
    {
        TokenizerFormatException e = Assert.Throws<TokenizerFormatException>(() => TokenizerJsonFile.Load(json =>
        {
            JsonObject vocab = json["model"]!["vocab"]!.AsObject();
            int id = vocab["!"]!.GetValue<int>();
            vocab.Remove("!");
            vocab["!!!!!!"] = id;
        }));

        Assert.Equal(
            "tokenizer.json: model.vocab has no token for the single byte 0x21, but all 256 must be there (any text "
            + "must encode). Use a tokenizer of the Llama 3 family.",
            e.Message);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{\"version\": \"1.0\", ")]
    public void A_file_cut_short_is_named(string content)
    {
        TokenizerFormatException e = Assert.Throws<TokenizerFormatException>(
            () => TokenizerFile.Parse(Encoding.UTF8.GetBytes(content), "tokenizer.json"));

        Assert.StartsWith("tokenizer.json: the file is not valid JSON, but a tokenizer.json was expected (", e.Message);
    }

    [Fact]
    public void Both_spellings_of_merges_are_the_same_tokenizer()
    {
        BpeTokenizer pairs = TokenizerJsonFile.Load(_ => { });
        BpeTokenizer strings = TokenizerJsonFile.Load(json => json["model"]!["merges"] = new JsonArray(
            [.. json["model"]!["merges"]!.AsArray().Select(m => JsonValue.Create($"{m![0]} {m[1]}"))]));

        Texts.Check(
            Texts.Arbitrary,
            pieces => pairs.Encode(string.Concat(pieces)).SequenceEqual(strings.Encode(string.Concat(pieces))));
    }

    [Fact]
    public void Merges_alone_decide_where_they_are_not_ignored()
    {
        // Without its merge, " a" is reached only as a whole pre-token.
        BpeTokenizer whole = TokenizerJsonFile.Load(json => json["model"]!["merges"]!.AsArray().RemoveAt(0));
        BpeTokenizer merged = TokenizerJsonFile.Load(json =>
        {
            json["model"]!["merges"]!.AsArray().RemoveAt(0);
            json["model"]!["ignore_merges"] = false;
        });

        Assert.Single(whole.Encode(" a"));
        Assert.Equal(2, merged.Encode(" a").Length);
    }

    [Fact]
    public void The_pattern_of_Qwen2_keeps_digits_apart()
    {
        BpeTokenizer tokenizer = TokenizerJsonFile.Load(json =>
        {
            JsonNode pattern = json["pre_tokenizer"]!["pretokenizers"]![0]!["pattern"]!;
            pattern["Regex"] = pattern["Regex"]!.GetValue<string>().Replace(@"\p{N}{1,3}", @"\p{N}");
        });

        Assert.Equal(1, tokenizer.Model.Splitter.DigitGroup);
        Assert.Equal(6, tokenizer.Encode("123456").Length);
    }

    [Fact]
    public void The_first_token_comes_from_the_template_else_from_its_name()
    {
        Assert.Equal(2288, TokenizerJsonFile.LoadWith("post_processor", "null").BosId);
        Assert.Equal(2288, TokenizerJsonFile.LoadWith("post_processor", """{"type":"ByteLevel"}""").BosId);
        Assert.Equal(2289, TokenizerJsonFile.LoadWith("post_processor", """
            {"type":"Sequence","processors":[{"type":"ByteLevel"},{"type":"TemplateProcessing",
            "single":[{"SpecialToken":{"id":"<|end_of_text|>"}},{"Sequence":{"id":"A"}}],"pair":[],
            "special_tokens":{"<|end_of_text|>":{"id":"<|end_of_text|>","ids":[2289]}}}]}
            """).BosId);
    }
}
