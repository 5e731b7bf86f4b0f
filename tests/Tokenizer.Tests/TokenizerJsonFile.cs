using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Puna.TestKit;
using Puna.Tokenizer.Loading;

namespace Puna.Tokenizer.Tests;

/// <summary>The demo's <c>tokenizer.json</c> with something changed.</summary>
internal static class TokenizerJsonFile
{
    // Errors show values as the file spells them, so nothing is escaped that need not be.
    private static readonly JsonSerializerOptions AsWritten =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Changes the file and loads it.</summary>
    public static BpeTokenizer Load(Action<JsonNode> change)
    {
        JsonNode json = JsonNode.Parse(File.ReadAllText(Path.Combine(Goldens.Demo, "tokenizer.json")))!;
        change(json);
        return new(TokenizerFile.Parse(Encoding.UTF8.GetBytes(json.ToJsonString(AsWritten)), "tokenizer.json"));
    }

    /// <summary>Changes one value, by the keys that lead to it, and loads the file.</summary>
    /// <param name="path">Keys and indices, such as <c>model/merges/0</c>.</param>
    /// <param name="value">The new value as JSON; empty to remove the key.</param>
    public static BpeTokenizer LoadWith(string path, string value) => Load(json =>
    {
        string[] keys = path.Split('/');
        JsonNode parent = keys[..^1].Aggregate(
            json,
            (node, key) => int.TryParse(key, out int i) ? node[i]! : node[key]!);
        if (parent is JsonArray array)
            array[int.Parse(keys[^1], null)] = JsonNode.Parse(value);
        else if (value.Length == 0)
            parent.AsObject().Remove(keys[^1]);
        else
            parent[keys[^1]] = JsonNode.Parse(value);
    });
}
