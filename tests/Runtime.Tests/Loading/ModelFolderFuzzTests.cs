using System.Text;
using System.Text.Json.Nodes;
using Puna.Runtime.Loading;
using Puna.TestKit;

namespace Puna.Runtime.Tests.Loading;

/// <summary>
/// Whatever the small files of a folder hold, it opens, or there is one sentence of one exception type.
/// </summary>
public sealed class ModelFolderFuzzTests : IDisposable
{
    private static readonly string[] Pieces =
    [
        "{", "}", "[", "]", ",", ":", "\"", "null", "true", "0", "-1", "2.5", "1e999", "99999999999999999999",
        "\"x\"", "\"\\ud800\"", "\\u0000", "[]", "{}", "\"llama3\"", "\"factor\":8,", "\"rope_type\":\"yarn\",",
        "\"layer_types\":[\"\\ud800\"],",
        "\"hidden_act\":\"\\udfff\",", "\"\\ud800\":1,",
        "\"quantization_config\":{\"quant_method\":\"fp8\"},", "\"rope_scaling\":{\"type\":\"\\ud800\"},",
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("config.json")]
    [InlineData("generation_config.json")]
    [InlineData("model.safetensors.index.json")]
    public void Mutated_file_gives_a_folder_or_one_kind_of_exception(string name)
    {
        const string Scaling = """
            {"rope_type":"llama3","factor":8,"low_freq_factor":1,"high_freq_factor":4,
             "original_max_position_embeddings":64}
            """;
        const string Generation = """{"eos_token_id":[2,3],"temperature":0.6,"top_k":50,"num_beams":1}""";
        TinyModel.Qwen2(configure: c => c["rope_scaling"] = JsonNode.Parse(Scaling)).Write(_folder.Path, shardCount: 2);
        File.WriteAllText(_folder.File("generation_config.json"), Generation);
        byte[] original = File.ReadAllBytes(_folder.File(name));
        var random = new Random(1);
        int opened = 0, refused = 0;

        for (int i = 0; i < 400; i++)
        {
            File.WriteAllBytes(_folder.File(name), Mutate(original, random));
            try
            {
                ModelReport.Describe(ModelFolder.Open(_folder.Path));
                opened++;
            }
            catch (ModelFormatException e)
            {
                Assert.DoesNotContain('\n', e.Message);
                Assert.EndsWith(".", e.Message.Replace("?", ".", StringComparison.Ordinal));
                refused++;
            }
        }

        Assert.True(opened > 3 && refused > 100, $"{opened} opened, {refused} refused");
    }

    private static byte[] Mutate(byte[] file, Random random)
    {
        var bytes = new List<byte>(file);
        int at = random.Next(bytes.Count);
        switch (random.Next(4))
        {
            case 0:
                bytes[at] = (byte)random.Next(256);
                break;
            case 1:
                bytes.RemoveRange(at, Math.Min(random.Next(1, 9), bytes.Count - at));
                break;
            case 2:
                bytes.InsertRange(at, Encoding.UTF8.GetBytes(Pieces[random.Next(Pieces.Length)]));
                break;
            default:   // behind the first brace, where a new field is well formed
                bytes.InsertRange(1, Encoding.UTF8.GetBytes(Pieces[random.Next(Pieces.Length)]));
                break;
        }

        return [.. bytes];
    }
}
