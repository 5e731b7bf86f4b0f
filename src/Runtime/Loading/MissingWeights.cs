namespace Puna.Runtime.Loading;

/// <summary>Says what a folder without usable weights holds instead, and what to do.</summary>
internal static class MissingWeights
{
    /// <summary>How to get from Meta's layout to the one that is read; the end of a sentence.</summary>
    public const string MetaAdvice =
        "Download the Hugging Face version of this model (the repository's files beside the folder 'original'), or "
        + "convert it with convert_llama_weights_to_hf.py of transformers.";

    private static readonly string[] PickleEndings = [".bin", ".pth", ".pt", ".ckpt", ".pkl"];

    /// <summary>The sentence for a folder that has neither <c>model.safetensors</c> nor an index.</summary>
    public static ModelFormatException Explain(string folder)
    {
        string[] files = [.. Directory.GetFiles(folder).Select(f => Path.GetFileName(f)).Where(f => !IsPacked(f))
            .Order(StringComparer.Ordinal)];
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(folder));
        if (files.FirstOrDefault(IsMeta) is { } meta)
        {
            return new ModelFormatException(
                $"{name}: the folder holds {Quoted.Name(meta)}, Meta's own layout, but the layout of Hugging Face "
                + $"was expected (rows of q and k are ordered differently). {MetaAdvice}");
        }

        string[] safetensors = [.. files.Where(f => f.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase))];
        if (safetensors.Length > 0)
        {
            return new ModelFormatException(
                $"{name}: the folder holds {Quoted.Name(safetensors[0])}{Quoted.AndMore(safetensors.Length)}, but "
                + $"neither {Checkpoint.SingleName} nor {Checkpoint.IndexName} (only the index says which file holds "
                + "which tensor). Download the index too.");
        }

        string[] pickles = [.. files.Where(f => PickleEndings.Contains(Path.GetExtension(f).ToLowerInvariant()))];
        if (pickles.Length > 0)
        {
            return new ModelFormatException(
                $"{name}: the folder holds {Quoted.Name(pickles[0])}{Quoted.AndMore(pickles.Length)}, but no "
                + "safetensors (such files are pickle, which can run any program when it is read, and are never "
                + "opened). Download the model's safetensors files.");
        }

        string found = files.FirstOrDefault(f => f.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase)) is { } gguf
            ? $"holds {Quoted.Name(gguf)}" : "holds no weights";
        return new ModelFormatException(
            $"{name}: the folder {found}, but {Checkpoint.SingleName} or {Checkpoint.IndexName} with its shards was "
            + "expected. Download the model's safetensors files.");
    }

    /// <summary>Whether a file is one of ours that keeps weights beside a model: no checkpoint.</summary>
    public static bool IsPacked(string file) => file.StartsWith(PackedFile.Prefix, StringComparison.Ordinal);

    /// <summary>Whether a file belongs to Meta's own layout.</summary>
    public static bool IsMeta(string file) =>
        file == "params.json" || file.StartsWith("consolidated.", StringComparison.Ordinal);
}
