using System.Buffers;
using Puna.Tokenizer.Bpe;
using Puna.Tokenizer.Loading;

namespace Puna.Tokenizer;

/// <summary>
/// A byte-level BPE tokenizer of the Llama 3 family, from <c>tokenizer.json</c> or tiktoken's <c>tokenizer.model</c>.
/// Immutable; any number of threads may use one at the same time. Byte-pair encoding: Sennrich et al. 2016,
/// arXiv:1508.07909.
/// </summary>
/// <remarks>
/// A text of more than 400,000 characters is cut into windows of as many, and a run of more than 25,000 characters of
/// white space, or of anything else, is cut every 25,000: so does Meta's encoder, which bounds the time on hostile
/// input. Other encoders of <c>tokenizer.json</c> do not cut, and give other ids for such texts.
/// </remarks>
public sealed class BpeTokenizer
{
    private readonly BpeModel _model;
    private readonly EncoderPool _encoders;
    private readonly Dictionary<string, int> _specialTokens;
    private readonly bool[] _isSpecial;
    private readonly SpecialTokenTrie<byte> _byteTrie;
    private readonly SpecialTokenTrie<char> _charTrie;
    private readonly Detokenizer _detokenizer;

    internal BpeTokenizer(TokenizerDefinition definition)
    {
        _model = definition.ToModel();
        _encoders = new(_model);
        _specialTokens = new(definition.SpecialTokens, StringComparer.Ordinal);
        _isSpecial = new bool[definition.Vocabulary.Count];
        foreach (int id in _specialTokens.Values)
            _isSpecial[id] = true;
        _byteTrie = new(_specialTokens.Select(s => (System.Text.Encoding.UTF8.GetBytes(s.Key), s.Value)));
        _charTrie = new(_specialTokens.Select(s => (s.Key.ToCharArray(), s.Value)));
        _detokenizer = new(_model.Vocabulary, _isSpecial);
        BosId = definition.BosId;
    }

    /// <summary>How many ids there are, special tokens included; ids are 0 to one less.</summary>
    public int VocabularySize => _isSpecial.Length;

    /// <summary>
    /// The token that begins a text: what the post-processor puts first, else <c>&lt;|begin_of_text|&gt;</c>, else
    /// none. Encoding never adds it: a chat template writes it itself.
    /// </summary>
    public int? BosId { get; }

    /// <summary>The special tokens: name to id.</summary>
    public IReadOnlyDictionary<string, int> SpecialTokens => _specialTokens;

    /// <summary>The model that encodes; for tests.</summary>
    internal BpeModel Model => _model;

    /// <summary>Loads a tokenizer.</summary>
    /// <param name="path">
    /// A folder with <c>tokenizer.json</c> or <c>tokenizer.model</c> (the first wins), or such a file under any name:
    /// its content decides.
    /// </param>
    /// <exception cref="FileNotFoundException">There is no such file, or the folder holds neither.</exception>
    /// <exception cref="TokenizerFormatException">The file is damaged, or asks for what is not implemented.</exception>
    public static BpeTokenizer Load(string path) => new(TokenizerFile.Read(path));

    /// <summary>Finds a special token by name.</summary>
    /// <param name="token">Its name, such as <c>&lt;|eot_id|&gt;</c>.</param>
    /// <param name="id">Its id; 0 where there is no such token.</param>
    /// <returns>Whether there is such a special token.</returns>
    public bool TryGetSpecialId(string token, out int id) => _specialTokens.TryGetValue(token, out id);

    /// <summary>Whether an id is a special token's.</summary>
    /// <param name="id">Any id.</param>
    /// <exception cref="ArgumentOutOfRangeException">The id is outside the vocabulary.</exception>
    public bool IsSpecial(int id) => _isSpecial[Checked(id)];

    /// <summary>The bytes of a token; of a special token, its name in UTF-8.</summary>
    /// <param name="id">Any id. A single token need not be valid UTF-8.</param>
    /// <exception cref="ArgumentOutOfRangeException">The id is outside the vocabulary.</exception>
    public ReadOnlySpan<byte> Bytes(int id) => _model.Vocabulary.Bytes(Checked(id));

    /// <summary>Encodes a text; adds no beginning-of-text token.</summary>
    /// <param name="text">The text. A lone surrogate becomes U+FFFD.</param>
    /// <param name="special">What names of special tokens in it mean.</param>
    /// <returns>The ids.</returns>
    public int[] Encode(string text, SpecialTokenHandling special = SpecialTokenHandling.AsText)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<int> ids = new(text.Length / 4 + 4);
        Encode(text, special, ids);
        return [.. ids];
    }

    /// <summary>Encodes a text; adds no beginning-of-text token.</summary>
    /// <param name="text">The text. A lone surrogate becomes U+FFFD.</param>
    /// <param name="special">What names of special tokens in it mean.</param>
    /// <param name="ids">The ids are appended to it; nothing is allocated where it has room.</param>
    public void Encode(ReadOnlySpan<char> text, SpecialTokenHandling special, List<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        PieceEncoder encoder = _encoders.Rent();
        while (!text.IsEmpty)
        {
            ReadOnlySpan<char> window = text[..TextCuts.Window(text)];
            int bytes = System.Text.Encoding.UTF8.GetBytes(window, encoder.Text(window.Length * 3));
            EncodeWindow(encoder, bytes, special, ids);
            text = text[window.Length..];
        }

        _encoders.Return(encoder);
    }

    /// <summary>Encodes a text; adds no beginning-of-text token.</summary>
    /// <param name="utf8">
    /// The text in UTF-8. Bytes that are not valid UTF-8 are kept as they are, each a character that is neither letter
    /// nor number nor white space, so that decoding gives them back.
    /// </param>
    /// <param name="special">What names of special tokens in it mean.</param>
    /// <param name="ids">The ids are appended to it; nothing is allocated where it has room.</param>
    public void Encode(ReadOnlySpan<byte> utf8, SpecialTokenHandling special, List<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        PieceEncoder encoder = _encoders.Rent();
        while (!utf8.IsEmpty)
        {
            ReadOnlySpan<byte> window = utf8[..TextCuts.Window(utf8)];
            window.CopyTo(encoder.Text(window.Length));
            EncodeWindow(encoder, window.Length, special, ids);
            utf8 = utf8[window.Length..];
        }

        _encoders.Return(encoder);
    }

    /// <summary>Encodes many texts on several threads; the result does not depend on their number.</summary>
    /// <param name="documents">The texts.</param>
    /// <param name="special">What names of special tokens in them mean.</param>
    /// <param name="threads">How many threads at most; 0 for one per processor.</param>
    /// <returns>The ids of each text, in the order of <paramref name="documents"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="threads"/> is negative.</exception>
    public int[][] EncodeAll(
        IReadOnlyList<string> documents,
        SpecialTokenHandling special = SpecialTokenHandling.AsText,
        int threads = 0)
    {
        ArgumentNullException.ThrowIfNull(documents);
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        int[][] ids = new int[documents.Count][];
        int most = threads == 0 ? Environment.ProcessorCount : threads;
        ParallelOptions options = new() { MaxDegreeOfParallelism = most };
        Parallel.For(0, ids.Length, options, () => new List<int>(), (i, _, buffer) =>
        {
            buffer.Clear();
            Encode(documents[i], special, buffer);
            ids[i] = [.. buffer];
            return buffer;
        }, _ => { });
        return ids;
    }

    /// <summary>
    /// Encodes a rendered prompt. Names of special tokens are those tokens only where every character of the name lies
    /// in trusted text. What stands between two of them is one text, whoever wrote its parts.
    /// </summary>
    /// <param name="segments">The prompt's parts, in order.</param>
    /// <returns>The ids. Nothing is added: a template that wants a beginning-of-text token writes its name.</returns>
    public int[] EncodePrompt(IReadOnlyList<PromptSegment> segments)
    {
        ArgumentNullException.ThrowIfNull(segments);
        string prompt = string.Concat(segments.Select(s => s.Text));
        List<int> ids = new(prompt.Length / 4 + 4);
        int plain = 0;
        foreach ((int start, int end) in TrustedRuns(segments))
        {
            int at = start;
            while ((at = _charTrie.Find(prompt, at, end, out int length, out int id)) < end)
            {
                Encode(prompt.AsSpan(plain, at - plain), SpecialTokenHandling.AsText, ids);
                ids.Add(id);
                plain = at += length;
            }
        }

        Encode(prompt.AsSpan(plain), SpecialTokenHandling.AsText, ids);
        return [.. ids];
    }

    /// <summary>Decodes ids to text.</summary>
    /// <param name="ids">The ids.</param>
    /// <param name="special">Whether special tokens are written by name or left out.</param>
    /// <returns>The text; bytes that are not valid UTF-8 become U+FFFD.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An id is outside the vocabulary.</exception>
    public string Decode(ReadOnlySpan<int> ids, SpecialTokenRendering special = SpecialTokenRendering.Keep)
    {
        byte[] bytes = ArrayPool<byte>.Shared.Rent(_detokenizer.ByteCount(ids, special));
        string text = System.Text.Encoding.UTF8.GetString(bytes, 0, _detokenizer.Write(ids, special, bytes));
        ArrayPool<byte>.Shared.Return(bytes);
        return text;
    }

    /// <summary>Decodes ids to bytes.</summary>
    /// <param name="ids">The ids.</param>
    /// <param name="special">Whether special tokens are written by name or left out.</param>
    /// <returns>The bytes of the tokens, one after the other; perhaps not valid UTF-8.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An id is outside the vocabulary.</exception>
    public byte[] DecodeBytes(ReadOnlySpan<int> ids, SpecialTokenRendering special = SpecialTokenRendering.Keep)
    {
        byte[] bytes = new byte[_detokenizer.ByteCount(ids, special)];
        _detokenizer.Write(ids, special, bytes);
        return bytes;
    }

    /// <summary>Decodes ids to bytes.</summary>
    /// <param name="ids">The ids.</param>
    /// <param name="special">Whether special tokens are written by name or left out.</param>
    /// <param name="output">The bytes of the tokens are appended to it; perhaps not valid UTF-8.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id is outside the vocabulary.</exception>
    public void DecodeBytes(ReadOnlySpan<int> ids, SpecialTokenRendering special, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        int count = _detokenizer.ByteCount(ids, special);
        if (count > 0)
            output.Advance(_detokenizer.Write(ids, special, output.GetSpan(count)));
    }

    private void EncodeWindow(PieceEncoder encoder, int count, SpecialTokenHandling special, List<int> ids)
    {
        ReadOnlySpan<byte> text = encoder.Text(count);
        for (int start = 0; start < count;)
        {
            int end = TextCuts.Next(text, start);
            if (special == SpecialTokenHandling.AsText)
                encoder.Encode(start, end, ids);
            else
                EncodeRecognising(encoder, text, start, end, ids);
            start = end;
        }
    }

    private void EncodeRecognising(PieceEncoder encoder, ReadOnlySpan<byte> text, int start, int end, List<int> ids)
    {
        while (start < end)
        {
            int at = _byteTrie.Find(text, start, end, out int length, out int id);
            encoder.Encode(start, at, ids);
            if (at < end)
                ids.Add(id);
            start = at + length;
        }
    }

    /// <summary>Where trusted text lies in the joined prompt; neighbouring trusted segments are one run.</summary>
    private static List<(int Start, int End)> TrustedRuns(IReadOnlyList<PromptSegment> segments)
    {
        List<(int Start, int End)> runs = [];
        int at = 0;
        foreach (PromptSegment segment in segments)
        {
            int end = at + segment.Text.Length;
            if (segment.IsTrusted && runs.Count > 0 && runs[^1].End == at)
                runs[^1] = (runs[^1].Start, end);
            else if (segment.IsTrusted)
                runs.Add((at, end));
            at = end;
        }

        return runs;
    }

    private int Checked(int id) =>
        (uint)id < (uint)VocabularySize ? id : throw Detokenizer.OutsideVocabulary(id, VocabularySize);
}
