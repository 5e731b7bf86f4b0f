using System.Text.Json;
using NamedTemplates = System.Collections.Generic.Dictionary<string, (string Source, string Name)>;

namespace Puna.Tokenizer.Templates;

/// <summary>Where a model folder keeps its chat templates.</summary>
internal static class TemplateFiles
{
    private const string TemplateKey = "chat_template";
    private const string AdditionalFolder = "additional_chat_templates";
    private const string DefaultName = "default";
    private const string ToolName = "tool_use";

    /// <summary>The source of the template to use and its name for messages; null where there is none.</summary>
    public static (string Source, string Name)? Find(string folder, bool withTools)
    {
        NamedTemplates templates = ReadFiles(folder);
        foreach (string file in (string[])["chat_template.json", "tokenizer_config.json"])
        {
            if (!templates.ContainsKey(DefaultName))
                ReadJson(folder, file, templates);
        }

        if (templates.Count == 0)
            return null;
        if (withTools && templates.TryGetValue(ToolName, out (string, string) tool))
            return tool;
        if (templates.TryGetValue(DefaultName, out (string, string) usual))
            return usual;
        string names = string.Join(", ", templates.Keys.Order(StringComparer.Ordinal));
        throw new ChatTemplateException(
            folder, 0, $"the chat templates {names} are named, but '{DefaultName}' is not among them, and no other "
            + $"can be chosen without asking. Name one of them '{DefaultName}'.");
    }

    private static NamedTemplates ReadFiles(string folder)
    {
        var templates = new NamedTemplates(StringComparer.Ordinal);
        string single = Path.Combine(folder, TemplateKey + ".jinja");
        if (File.Exists(single))
            templates[DefaultName] = (File.ReadAllText(single), TemplateKey + ".jinja");
        string additional = Path.Combine(folder, AdditionalFolder);
        if (!Directory.Exists(additional))
            return templates;
        foreach (string path in Directory.GetFiles(additional, "*.jinja"))
        {
            string name = $"{AdditionalFolder}/{Path.GetFileName(path)}";
            templates.TryAdd(Path.GetFileNameWithoutExtension(path), (File.ReadAllText(path), name));
        }

        return templates;
    }

    private static void ReadJson(string folder, string file, NamedTemplates templates)
    {
        string path = Path.Combine(folder, file);
        if (!File.Exists(path))
            return;
        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllText(path));
            if (json.RootElement.ValueKind == JsonValueKind.Object
                && json.RootElement.TryGetProperty(TemplateKey, out JsonElement value))
                Add(value, file, templates);
        }
        catch (JsonException e)
        {
            throw new ChatTemplateException(file, 0,
                $"the file is not JSON ({e.Message}), but must be to hold '{TemplateKey}'. Download it again?");
        }
    }

    private static void Add(JsonElement value, string file, NamedTemplates templates)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                templates[DefaultName] = (value.GetString() ?? "", $"{file} ({TemplateKey})");
                break;
            case JsonValueKind.Array:
                foreach (JsonElement entry in value.EnumerateArray())
                    AddNamed(entry, file, templates);
                break;
            case JsonValueKind.Null:
                break;
            default:
                throw new ChatTemplateException(file, 0,
                    $"'{TemplateKey}' is {value.ValueKind}, but must be a string or a list of "
                    + "objects with 'name' and 'template'.");
        }
    }

    private static void AddNamed(JsonElement entry, string file, NamedTemplates templates)
    {
        if (entry.ValueKind != JsonValueKind.Object
            || !entry.TryGetProperty("name", out JsonElement name) || name.ValueKind != JsonValueKind.String
            || !entry.TryGetProperty("template", out JsonElement source) || source.ValueKind != JsonValueKind.String)
            throw new ChatTemplateException(file, 0,
                $"'{TemplateKey}' holds an entry without 'name' and 'template', but each must have both as strings.");
        string key = name.GetString() ?? "";
        templates[key] = (source.GetString() ?? "", $"{file} ({TemplateKey} '{key}')");
    }
}
