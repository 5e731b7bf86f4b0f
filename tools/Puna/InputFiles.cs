using System.Collections.Immutable;
using System.Text.Json;

namespace Puna.Tools;

/// <summary>Reads the files that a command line names; <c>-</c> is standard input.</summary>
internal static class InputFiles
{
    /// <summary>The whole text of a file.</summary>
    /// <param name="path">A file, or <c>-</c>.</param>
    /// <param name="expected">What should be in it, such as "a JSON array of token ids".</param>
    /// <param name="terminal">Gives standard input.</param>
    public static string ReadText(string path, string expected, Terminal terminal)
    {
        using TextReader reader = Open(path, expected, terminal);
        try
        {
            return reader.ReadToEnd();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, expected, e);
        }
    }

    /// <summary>Opens a file to be read line by line.</summary>
    /// <param name="path">A file, or <c>-</c>.</param>
    /// <param name="expected">What should be in it.</param>
    /// <param name="terminal">Gives standard input.</param>
    public static TextReader Open(string path, string expected, Terminal terminal)
    {
        if (path == "-")
            return terminal.Input;
        if (Directory.Exists(path))
            throw CommandException.BadInput($"{path}: this is a folder, but a file with {expected} was expected. Give "
                + "the file.");
        if (!File.Exists(path))
            throw CommandException.BadInput($"{path}: there is no such file, but {expected} was expected. Check the "
                + "path.");
        try
        {
            return new StreamReader(path, System.Text.Encoding.UTF8, detectEncodingFromByteOrderMarks: true, 1 << 16);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, expected, e);
        }
    }

    /// <summary>A file that holds a JSON array; the value stays valid.</summary>
    /// <param name="path">A file, or <c>-</c>.</param>
    /// <param name="expected">What should be in it, "a JSON array of …".</param>
    /// <param name="terminal">Gives standard input.</param>
    public static JsonElement ReadArray(string path, string expected, Terminal terminal)
    {
        string text = ReadText(path, expected, terminal);
        JsonElement root = JsonText.Parse(text, NameOf(path), expected);
        return root.ValueKind == JsonValueKind.Array
            ? root
            : throw CommandException.BadInput($"{NameOf(path)}: this is {JsonText.Kind(root)}, but {expected} was "
                + "expected.");
    }

    /// <summary>A file that holds a JSON array of token ids.</summary>
    /// <param name="path">A file, or <c>-</c>.</param>
    /// <param name="terminal">Gives standard input.</param>
    public static ImmutableArray<int> ReadIds(string path, Terminal terminal)
    {
        ImmutableArray<int> ids = JsonText.Ids(ReadArray(path, "a JSON array of token ids", terminal), NameOf(path));
        return ids.Length > 0
            ? ids
            : throw CommandException.BadInput($"{NameOf(path)}: the array is empty, but at least one token id was "
                + "expected.");
    }

    /// <summary>What messages call a file.</summary>
    public static string NameOf(string path) => path == "-" ? "standard input" : path;

    private static CommandException Unreadable(string path, string expected, Exception e) => CommandException.BadInput(
        $"{NameOf(path)}: it cannot be read ({e.Message.TrimEnd('.')}), but {expected} was expected.", e);
}
