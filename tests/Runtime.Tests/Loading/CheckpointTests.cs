using System.Text.Json.Nodes;
using Puna.Runtime.Loading;
using Puna.TestKit;

namespace Puna.Runtime.Tests.Loading;

public sealed class CheckpointTests : IDisposable
{
    private const string Index = "model.safetensors.index.json";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Shards_hold_what_the_single_file_holds()
    {
        using var other = new TemporaryFolder();
        Checkpoint single = Checkpoint.Open(TinyModel.Llama().Write(other.Path));

        Checkpoint shards = Checkpoint.Open(TinyModel.Llama().Write(_folder.Path, shardCount: 3));

        Assert.Equal(3, shards.Files.Length);
        Assert.Equal(Index, shards.Source);
        Assert.Empty(shards.Warnings);
        Assert.Equal(single.Tensors.Keys.Order(), shards.Tensors.Keys.Order());
        Assert.All(single.Tensors.Keys, n => Assert.Equal(single.ReadF32(n), shards.ReadF32(n)));
    }

    [Theory]
    [InlineData("../model.safetensors")]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("")]
    [InlineData("sub/model.safetensors")]
    [InlineData("sub\\model.safetensors")]
    [InlineData("/etc/passwd")]
    [InlineData("C:model.safetensors")]
    [InlineData("\\\\host\\share")]
    [InlineData("NUL")]
    [InlineData("com1.safetensors")]
    [InlineData("aux.x")]
    [InlineData("a\u0001b")]
    public void File_name_that_is_a_path_or_a_device_is_refused(string file)
    {
        string tensor = TwoShards();
        Edit(index => index["weight_map"]![tensor] = file);

        string shown = file.Replace("\u0001", "\\u0001", StringComparison.Ordinal);
        Assert.Equal(
            $"{Index}: tensor '{tensor}' is said to be in '{shown}', but the name of a file in the model's folder "
            + "was expected (no path, no device). "
            + "Do not use this checkpoint.", Refusal());
    }

    [Fact]
    public void Shard_that_links_out_of_the_folder_is_refused()
    {
        TwoShards();
        using var other = new TemporaryFolder();
        File.Move(Shard(1), other.File("x"));
        File.CreateSymbolicLink(Shard(1), other.File("x"));

        Assert.Equal(
            $"{Index}: the shard 'model-00001-of-00002.safetensors' is a link to a place outside the model's folder, "
            + "but shards must lie in it. "
            + "Copy the file into the folder if you trust it.", Refusal());
    }

    [Fact]
    public void Links_of_the_Hub_cache_are_followed()
    {
        using var cache = new TemporaryFolder();
        string snapshot = cache.File("models--a--b/snapshots/0123"), blobs = cache.File("models--a--b/blobs");
        Directory.CreateDirectory(snapshot);
        Directory.CreateDirectory(blobs);
        TwoShards();
        foreach (string file in Directory.GetFiles(_folder.Path))
        {
            string name = Path.GetFileName(file);
            File.Move(file, Path.Combine(blobs, "blob-" + name));
            File.CreateSymbolicLink(Path.Combine(snapshot, name), Path.Combine("..", "..", "blobs", "blob-" + name));
        }

        Directory.CreateSymbolicLink(cache.File("alias"), snapshot);

        Assert.Equal(2, Checkpoint.Open(snapshot).Files.Length);
        Assert.Equal("model-00001-of-00002.safetensors", Checkpoint.Open(cache.File("alias")).Files[0].Name);
        Assert.Equal(1f, Checkpoint.Open(snapshot).ReadF32("model.norm.weight").Average(), 0.1f);

        File.Delete(Path.Combine(blobs, "blob-model-00002-of-00002.safetensors"));

        Assert.StartsWith(
            $"{Index}: the shard 'model-00002-of-00002.safetensors' is missing, but",
            Assert.Throws<ModelFormatException>(() => Checkpoint.Open(snapshot)).Message);
    }

    [Fact]
    public void Missing_shard_is_named()
    {
        TwoShards();
        File.Delete(Shard(2));

        Assert.Equal(
            $"{Index}: the shard 'model-00002-of-00002.safetensors' is missing, but the index names 2 shards. "
            + "Download it again, or finish the download.",
            Refusal());
    }

    [Fact]
    public void Tensor_that_its_shard_does_not_hold_is_named()
    {
        TwoShards();
        Edit(index => index["weight_map"]!["extra.weight"] = "model-00002-of-00002.safetensors");

        Assert.Equal(
            $"{Index}: tensor 'extra.weight' is said to be in 'model-00002-of-00002.safetensors', but no shard holds "
            + "it. "
            + "Do the index and the shards belong to the same model?", Refusal());
    }

    [Fact]
    public void Tensor_that_lies_in_another_shard_is_named()
    {
        string tensor = TwoShards();
        Edit(index => index["weight_map"]![tensor] = "model-00002-of-00002.safetensors");

        Assert.Equal(
            $"{Index}: tensor '{tensor}' is said to be in 'model-00002-of-00002.safetensors', but it is in "
            + "'model-00001-of-00002.safetensors'. "
            + "Do the index and the shards belong to the same model?", Refusal());
    }

    [Fact]
    public void Tensor_that_the_index_does_not_name_is_named()
    {
        string tensor = TwoShards();
        Edit(index => index["weight_map"]!.AsObject().Remove(tensor));

        Assert.Equal(
            $"model-00001-of-00002.safetensors: tensor '{tensor}' is not in {Index}, but the index must name every "
            + "tensor of its shards. "
            + "Do the index and the shards belong to the same model?", Refusal());
    }

    [Fact]
    public void Same_tensor_in_two_shards_is_refused()
    {
        TwoShards();
        File.Copy(Shard(1), _folder.File("model-extra.safetensors"));
        Edit(index => index["weight_map"]!["x"] = "model-extra.safetensors");

        Assert.Equal(
            "model-extra.safetensors: tensor 'lm_head.weight' is also in model-00001-of-00002.safetensors, but a "
            + "tensor lies in one shard. "
            + "Download the shards again.", Refusal());
    }

    [Fact]
    public void Names_that_differ_only_by_case_are_refused()
    {
        string tensor = TwoShards();
        Assert.SkipWhen(File.Exists(Shard(1).ToUpperInvariant()), "skipped: this file system does not tell upper "
            + "from lower case");
        File.Copy(Shard(1), _folder.File("MODEL-00001-of-00002.safetensors"));
        Edit(index => index["weight_map"]![tensor] = "MODEL-00001-of-00002.safetensors");

        Assert.Equal(
            $"{Index}: the shards 'MODEL-00001-of-00002.safetensors' and 'model-00001-of-00002.safetensors' differ "
            + "only in upper and lower case, "
            + "but on some systems these are one file. Rename one, in the index too.", Refusal());
    }

    [Fact]
    public void Wrong_total_size_is_a_warning()
    {
        TwoShards();
        long bytes = Checkpoint.Open(_folder.Path).Tensors.Values.Sum(t => t.Entry.Bytes);
        Edit(index => index["metadata"]!["total_size"] = 7);

        Assert.Equal([$"{Index}: total_size is 7, but the tensors have {bytes} "
            + "bytes."], Checkpoint.Open(_folder.Path).Warnings);
    }

    [Fact]
    public void Index_wins_over_the_single_file_when_its_shards_are_complete()
    {
        TwoShards();
        TinyModel.Llama(seed: 2).Write(_folder.Path);

        Checkpoint checkpoint = Checkpoint.Open(_folder.Path);

        Assert.Equal(2, checkpoint.Files.Length);
        Assert.Equal([$"model.safetensors: the folder also holds {Index}, and all its 2 shards; the shards are "
            + "used."], checkpoint.Warnings);
    }

    [Fact]
    public void Single_file_wins_when_a_shard_is_missing()
    {
        TwoShards();
        TinyModel.Llama(seed: 2).Write(_folder.Path);
        File.Delete(Shard(1));

        Checkpoint checkpoint = Checkpoint.Open(_folder.Path);

        Assert.Equal("model.safetensors", Assert.Single(checkpoint.Files).Name);
        Assert.Equal(
            [$"{Index}: the shard 'model-00001-of-00002.safetensors' is missing; model.safetensors is used instead "
                + "of the index."],
            checkpoint.Warnings);
    }

    [Theory]
    [InlineData("", $"{Index}: the file is empty (0 bytes), but a JSON object was expected. Download it again.")]
    [InlineData("[]", $"{Index}: the file holds an array, but a JSON object was expected. Download it again.")]
    [InlineData("{}", $"{Index}: weight_map is missing or not an object, but it must say which file holds which tensor. Download it again.")]
    [InlineData("""{"weight_map":{}}""", $"{Index}: weight_map is empty, but it must name the model's tensors. Download it again.")]
    [InlineData("""{"weight_map":{"a":1}}""", $"{Index}: tensor 'a' has 1, but the name of its file was expected. Download it again.")]
    public void Damaged_index_is_refused(string json, string message)
    {
        File.WriteAllText(_folder.File(Index), json);

        Assert.Equal(message, Refusal());
    }

    [Theory]
    [InlineData("""{"weight_map":{"a":"b","a":"c"}}""")]
    [InlineData("""{"weight_map":{"\ud800":"b"}}""")]
    [InlineData("""{"weight_map":{"a":"\ud800"}}""")]
    [InlineData("""{"weight_map":""")]
    public void Index_that_is_not_quite_JSON_gives_a_sentence_about_it(string json)
    {
        File.WriteAllText(_folder.File(Index), json);

        Assert.StartsWith($"{Index}: ", Refusal());
    }

    [Fact]
    public void Consolidated_file_beside_the_shards_is_left_alone()
    {
        TinyModel.Llama().Write(_folder.Path);
        File.WriteAllText(_folder.File("consolidated.safetensors"), "never opened");

        Assert.Equal("model.safetensors", Assert.Single(Checkpoint.Open(_folder.Path).Files).Name);
    }

    [Theory]
    [InlineData("pytorch_model.bin", "holds 'pytorch_model.bin', but no safetensors (such files are pickle, which can run any program when it is read, and are never opened). Download the model's safetensors files.")]
    [InlineData("model.pth", "holds 'model.pth', but no safetensors (such files are pickle, which can run any program when it is read, and are never opened). Download the model's safetensors files.")]
    [InlineData("consolidated.00.pth", "holds 'consolidated.00.pth', Meta's own layout, but the layout of Hugging Face was expected (rows of q and k are ordered differently). Download the Hugging Face version of this model (the repository's files beside the folder 'original'), or convert it with convert_llama_weights_to_hf.py of transformers.")]
    [InlineData("model-00001-of-00002.safetensors", "holds 'model-00001-of-00002.safetensors', but neither model.safetensors nor model.safetensors.index.json (only the index says which file holds which tensor). Download the index too.")]
    [InlineData("model.gguf", "holds 'model.gguf', but model.safetensors or model.safetensors.index.json with its shards was expected. Download the model's safetensors files.")]
    [InlineData("README.md", "holds no weights, but model.safetensors or model.safetensors.index.json with its shards was expected. Download the model's safetensors files.")]
    public void Folder_without_weights_says_what_it_holds_instead(string file, string message)
    {
        File.WriteAllText(_folder.File(file), "");

        Assert.Equal($"{Path.GetFileName(_folder.Path)}: the folder {message}", Refusal());
    }

    private string TwoShards()
    {
        TinyModel.Llama().Write(_folder.Path, shardCount: 2);
        return "lm_head.weight";   // the first name, so in the first shard
    }

    private string Shard(int number) => _folder.File($"model-{number:D5}-of-00002.safetensors");

    private void Edit(Action<JsonNode> edit)
    {
        JsonNode index = JsonNode.Parse(File.ReadAllText(_folder.File(Index)))!;
        edit(index);
        File.WriteAllText(_folder.File(Index), index.ToJsonString());
    }

    private string Refusal() => Assert.Throws<ModelFormatException>(() => Checkpoint.Open(_folder.Path)).Message;
}
