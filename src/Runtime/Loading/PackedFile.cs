using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Puna.Kernels;

namespace Puna.Runtime.Loading;

/// <summary>A weight of a product and the name of the tensor that it was made from.</summary>
/// <param name="Name">The tensor's name in the checkpoint.</param>
/// <param name="Part">The weight.</param>
internal sealed record PackedPart(string Name, Part Part);

/// <summary>
/// A model's weights as they lie in memory, kept in a safetensors file: a tensor of bytes for each weight, at a multiple of
/// a page. Its metadata say what it was made from, and by which version; each piece has a checksum.
/// </summary>
internal sealed class PackedFile
{
    /// <summary>How names of such files begin.</summary>
    public const string Prefix = "puna-packed-";

    /// <summary>Bytes that have a checksum together.</summary>
    public const long PieceBytes = 8 << 20;

    private const int Page = 4096;
    private const int Vector = 64;   // may be read past a weight's end
    private const string Version = "version", Sources = "sources", Checksums = "checksums.";
    private readonly Dictionary<string, uint[]> _checksums = new(StringComparer.Ordinal);
    private string? _damaged;

    private PackedFile(SafetensorsFile file)
    {
        File = file;
        foreach (SafetensorsEntry entry in file.Table.Entries)
        {
            string[] numbers = file.Table.Metadata.GetValueOrDefault(Checksums + entry.Name, "").Split(' ');
            _checksums[entry.Name] = [.. numbers.Select(n =>
                uint.TryParse(n, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out uint sum) ? sum : 0)];
        }
    }

    /// <summary>The file.</summary>
    public SafetensorsFile File { get; }

    /// <summary>The tensor of which a piece was read that is not what was written; null while all are.</summary>
    public string? Damaged => Volatile.Read(ref _damaged);

    /// <summary>Where the weights of a model in these formats are kept.</summary>
    /// <param name="folder">The folder for such files: the model's own, or another for all models.</param>
    /// <param name="model">The model.</param>
    /// <param name="formats">What its weights become.</param>
    public static string PathIn(string folder, ModelFolder model, WeightFormats formats)
    {
        folder = Path.GetFullPath(folder);
        bool isBeside = Path.TrimEndingDirectorySeparator(folder) == Path.TrimEndingDirectorySeparator(model.Path);
        string key = string.Join('\n', formats.Parts.Select(Describe)) + (isBeside ? "" : $"\n{model.Path}");
        return Path.Combine(folder, $"{Prefix}{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))[..8]}.safetensors");
    }

    /// <summary>Opens a file that holds what is wanted.</summary>
    /// <param name="path">From <see cref="PathIn"/>.</param>
    /// <param name="model">The model.</param>
    /// <param name="formats">What its weights become.</param>
    /// <param name="reason">Why it can't be used; null when it can, or when there is none.</param>
    /// <returns>The file, or null.</returns>
    public static PackedFile? TryOpen(string path, ModelFolder model, WeightFormats formats, out string? reason)
    {
        reason = null;
        if (!System.IO.File.Exists(path))
            return null;
        try
        {
            var packed = new PackedFile(SafetensorsFile.Open(path));
            reason = packed.FindFault(model, formats);
            return reason is null ? packed : null;
        }
        catch (ModelFormatException)
        {
            reason = "it is damaged or cut short";
            return null;
        }
    }

    /// <summary>Writes the weights of a model; an old file is replaced when the new one is complete.</summary>
    /// <param name="path">From <see cref="PathIn"/>.</param>
    /// <param name="model">The model.</param>
    /// <param name="parts">The weights.</param>
    /// <exception cref="IOException">The file can't be written.</exception>
    public static void Write(string path, ModelFolder model, IReadOnlyList<PackedPart> parts)
    {
        Dictionary<string, string> metadata = new()
        {
            [Version] = VersionNow,
            [Sources] = SourcesOf(model),
        };
        string[] sums = new string[parts.Count];
        Parallel.For(0, parts.Count, i => sums[i] = string.Join(' ', Pieces(parts[i].Part)
            .Select(p => Checksum.Of(p.Row<byte>(0)).ToString("x8", CultureInfo.InvariantCulture))));
        for (int i = 0; i < sums.Length; i++)
            metadata[Checksums + parts[i].Name] = sums[i];
        SafetensorsWriter.Write(path, [.. parts.Select(Source)], metadata, Page);
    }

    /// <summary>The bytes of a weight.</summary>
    public CheckpointTensor Find(string name) => new(File, File.Find(name));

    /// <summary>Compares a piece that was read with what was written.</summary>
    public void Check(string name, long piece, Tensor data)
    {
        if (Checksum.Of(data.Row<byte>(0)) != _checksums[name][piece])
            Interlocked.CompareExchange(ref _damaged, name, null);
    }

    private static string VersionNow => $"1.{Part.Version}";

    private static long BlobBytes(long bytes) => (bytes + Vector + Page - 1) / Page * Page;

    private static string Describe(PlannedPart p) =>
        $"{p.Tensor.Name} {p.Stored} {p.Format.DType} {p.Format.ScaleGroups} {p.Layout} {p.Tensor.Shape[0]} {p.Tensor.Shape[1]}";

    private static string SourcesOf(ModelFolder model) => string.Join('\n', model.Checkpoint.Files.Select(f =>
        $"{f.Name} {f.Table.FileLength} {RealPath.File(f.Path).LastWriteTimeUtc.Ticks}"));

    private string? FindFault(ModelFolder model, WeightFormats formats)
    {
        if (File.Table.Metadata.GetValueOrDefault(Version) != VersionNow)
            return "another version of Puna made it";
        if (File.Table.Metadata.GetValueOrDefault(Sources) != SourcesOf(model))
            return "the model's files have changed since it was made";
        bool isWhole = File.Table.Entries.Length == formats.Parts.Length && formats.Parts.All(p =>
            File.Table.Find(p.Tensor.Name) is { } entry && entry.Bytes == BlobBytes(p.Bytes)
            && (File.Table.DataStart + entry.Begin) % Page == 0
            && _checksums[entry.Name].Length == (p.Bytes + PieceBytes - 1) / PieceBytes);
        return isWhole ? null : "it is damaged";
    }

    private static TensorSource Source(PackedPart part)
    {
        long bytes = Bytes(part.Part), blob = BlobBytes(bytes);
        return new TensorSource(part.Name, SafetensorsDType.U8, [blob], stream =>
        {
            foreach (Tensor piece in Pieces(part.Part))
                stream.Write(piece.Row<byte>(0));
            stream.Write(new byte[blob - bytes]);
        });
    }

    private static IEnumerable<Tensor> Pieces(Part part)
    {
        for (long offset = 0; offset < Bytes(part); offset += PieceBytes)
        {
            yield return new Tensor(part.Codes.Buffer, part.Codes.Offset + offset, DType.I8, 1,
                Math.Min(PieceBytes, Bytes(part) - offset));
        }
    }

    private static long Bytes(Part part) => Part.ByteSize(part.Format, part.Layout, part.Rows, part.Cols);
}
