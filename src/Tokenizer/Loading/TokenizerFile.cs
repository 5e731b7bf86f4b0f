namespace Puna.Tokenizer.Loading;

/// <summary>Finds a tokenizer's file and recognises its format by content.</summary>
internal static class TokenizerFile
{
    private const string Expected = "a tokenizer was expected there";
    private const string ToDo = "Give a folder with tokenizer.json or tokenizer.model, or such a file.";

    /// <summary>Reads the tokenizer of a folder, or a tokenizer file.</summary>
    /// <param name="path">A folder or a file.</param>
    public static TokenizerDefinition Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        string file = Locate(path);
        return Parse(File.ReadAllBytes(file), Path.GetFileName(file));
    }

    /// <summary>Parses the content of a tokenizer file.</summary>
    /// <param name="content">The whole file.</param>
    /// <param name="name">Its name, for errors.</param>
    public static TokenizerDefinition Parse(ReadOnlyMemory<byte> content, string name)
    {
        if (content.Span.StartsWith("\uFEFF"u8))
            content = content[3..];
        ReadOnlySpan<byte> text = content.Span.TrimStart(" \t\r\n"u8);
        if (text.IsEmpty)
        {
            throw new TokenizerFormatException(
                $"{name}: the file is empty, but tiktoken text or a tokenizer.json was expected. Download it again.");
        }

        if (text[0] == '{')
            return TokenizerJson.Parse(content, name);
        if (IsSentencePiece(content.Span))
        {
            throw new TokenizerFormatException(
                $"{name}: the content is a SentencePiece model, but only tiktoken text and tokenizer.json are "
                + "implemented (Llama 2 used SentencePiece under the same name). "
                + "Use a tokenizer of the Llama 3 family.");
        }

        return TiktokenText.Parse(content.Span, name);
    }

    private static string Locate(string path)
    {
        if (File.Exists(path))
            return path;
        if (!Directory.Exists(path))
            throw new FileNotFoundException($"{path}: there is no such file or folder, but {Expected}. {ToDo}", path);
        foreach (string name in (ReadOnlySpan<string>)["tokenizer.json", "tokenizer.model"])
        {
            string file = Path.Combine(path, name);
            if (File.Exists(file))
                return file;
        }

        throw new FileNotFoundException(
            $"{path}: the folder holds neither tokenizer.json nor tokenizer.model, but {Expected}. {ToDo}", path);
    }

    /// <summary>
    /// Whether the bytes are a protobuf message that begins with pieces: field 1, length-delimited, whose own first
    /// field is again field 1 (the piece's text).
    /// </summary>
    private static bool IsSentencePiece(ReadOnlySpan<byte> content) =>
        content.Length > 3 && content[0] == 0x0A && content[1] < 0x80 && content[2] == 0x0A;
}
