using Puna.Runtime.Models;

namespace Puna.Runtime.Loading;

/// <summary>Loads weights that were kept as they lie in memory; converts them, and keeps them, where there are none of use.</summary>
internal static class PackedLoading
{
    /// <summary>Loads the weights of a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="formats">What its tensors become.</param>
    /// <param name="options">How they are read.</param>
    /// <param name="folder">Where packed weights are kept.</param>
    /// <param name="cancellation">Stops.</param>
    public static TransformerWeights Load(ModelFolder model, WeightFormats formats, LoadOptions options, string folder,
        CancellationToken cancellation)
    {
        if (formats.Parts.All(p => p.IsAsStored))
        {
            options.Notes?.Report("pack: these weights are used as they are stored, so there is nothing to keep.");
            return WeightLoader.Assemble(model, formats, options, packed: null, onLoaded: null, cancellation);
        }

        string path = PackedFile.PathIn(folder, model, formats);
        if (PackedFile.TryOpen(path, model, formats, out string? reason) is { } packed)
        {
            TransformerWeights weights = WeightLoader.Assemble(model, formats, options, packed, onLoaded: null, cancellation);
            if (packed.Damaged is not { } tensor)
                return weights;
            weights.Dispose();
            reason = $"the bytes of tensor {Quoted.Name(tensor)} are not those that were written";
        }

        if (reason is not null)
            options.Notes?.Report($"{Path.GetFileName(path)}: {reason}. The weights are converted again.");
        return WeightLoader.Assemble(model, formats, options, packed: null, parts => Keep(path, model, parts, options), cancellation);
    }

    // A model that is loaded can run, whether or not it could be kept.
    private static void Keep(string path, ModelFolder model, IReadOnlyList<PackedPart> parts, LoadOptions options)
    {
        string name = Path.GetFileName(path);
        try
        {
            PackedFile.Write(path, model, parts);
            options.Notes?.Report($"{name}: {new FileInfo(path).Length:N0} bytes were written; the next start reads them.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            options.Notes?.Report($"{name}: it could not be written ({e.Message.TrimEnd('.')}). The next start converts again; "
                + "keep packed weights in a folder that can be written to.");
        }
    }
}
