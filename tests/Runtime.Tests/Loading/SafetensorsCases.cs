using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Puna.TestKit;

namespace Puna.Runtime.Tests.Loading;

/// <summary>One file of Data/safetensors-cases.json, and what readers of the two kinds must say to it.</summary>
internal sealed record SafetensorsCase(
    string Name, byte[] File, string Sha256, string Reference, string Strict, string[] Warnings);

internal static class SafetensorsCases
{
    public static IReadOnlyDictionary<string, SafetensorsCase> All { get; } = Read();

    private static Dictionary<string, SafetensorsCase> Read()
    {
        string path = Goldens.InRepository("tests/Runtime.Tests/Loading/Data/safetensors-cases.json");
        using var json = JsonDocument.Parse(System.IO.File.ReadAllText(path));
        return json.RootElement.GetProperty("cases").EnumerateArray().Select(c => new SafetensorsCase(
            Text(c, "name"), Assemble(c.GetProperty("parts")), Text(c, "sha256"), Text(c, "reference"),
            Text(c, "strict"), Warnings(c)))
            .ToDictionary(c => c.Name);
    }

    private static string[] Warnings(JsonElement c) =>
        c.TryGetProperty("warnings", out JsonElement w) ? [.. w.EnumerateArray().Select(x => x.GetString()!)] : [];

    private static string Text(JsonElement e, string name) => e.GetProperty(name).GetString()!;

    private static byte[] Assemble(JsonElement parts)
    {
        using var file = new MemoryStream();
        Span<byte> number = stackalloc byte[8];
        foreach (JsonElement part in parts.EnumerateArray())
        {
            if (part.TryGetProperty("u64", out JsonElement u))
            {
                BinaryPrimitives.WriteUInt64LittleEndian(
                    number, ulong.Parse(u.GetString()!, CultureInfo.InvariantCulture));
                file.Write(number);
            }
            else if (part.TryGetProperty("ascii", out JsonElement a))
                file.Write(Encoding.ASCII.GetBytes(a.GetString()!));
            else if (part.TryGetProperty("hex", out JsonElement h))
                file.Write(Convert.FromHexString(h.GetString()!));
            else if (part.TryGetProperty("zero", out JsonElement z))
                file.Write(new byte[z.GetInt32()]);
            else
                file.Write(Encoding.ASCII.GetBytes(Repeat(part)));
        }

        return file.ToArray();
    }

    private static string Repeat(JsonElement part) => string.Join(
        Text(part, "join"),
        Enumerable.Range(0, part.GetProperty("count").GetInt32())
            .Select(i => i.ToString(CultureInfo.InvariantCulture))
            .Select(i => Text(part, "repeat").Replace("#", i, StringComparison.Ordinal)));
}
