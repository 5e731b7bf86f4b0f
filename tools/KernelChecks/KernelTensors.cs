using System.Collections.Immutable;
using Puna.Kernels.Gpu;
using Puna.Runtime.Loading;

namespace Puna.Tools.KernelChecks;

/// <summary>The tensors of a kernel's file, as a device holds them.</summary>
internal sealed class KernelTensors
{
    private readonly SafetensorsFile _file;

    private KernelTensors(SafetensorsFile file) => _file = file;

    /// <summary>The tensors, in the order of the file.</summary>
    public ImmutableArray<SafetensorsEntry> Entries => _file.Table.Entries;

    /// <summary>Reads the file's header.</summary>
    /// <exception cref="ModelFormatException">The file is damaged.</exception>
    /// <exception cref="IOException">The file is absent or cannot be read.</exception>
    public static KernelTensors Open(string path) => new(SafetensorsFile.Open(path));

    /// <summary>A tensor's bytes.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="where">Who asks, for messages.</param>
    /// <exception cref="InvalidDataException">The file holds no such tensor.</exception>
    public byte[] Bytes(string name, string where) => _file.ReadBytes(Find(name, where));

    /// <summary>How a tensor's bytes stand for numbers.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="where">Who asks, for messages.</param>
    /// <exception cref="InvalidDataException">No such tensor, or one of a type that no kernel computes with.</exception>
    public NumberFormat Format(string name, string where)
    {
        SafetensorsEntry entry = Find(name, where);
        return TryFormat(entry.DType, out NumberFormat format)
            ? format
            : throw new InvalidDataException($"{where}: tensor '{name}' is {entry.DType.Name()}, but a type whose elements "
                + "can be compared was expected: BOOL, an integer, F64, F32, F16, BF16, F8_E4M3 or F8_E5M2.");
    }

    /// <summary>What kernels call a type of safetensors files; false for the types that they do not compute with.</summary>
    public static bool TryFormat(SafetensorsDType type, out NumberFormat format)
    {
        if (type == SafetensorsDType.Bool)
            type = SafetensorsDType.U8;
        return Enum.TryParse(type.ToString(), out format);
    }

    /// <summary>A tensor's type and shape.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="where">Who asks, for messages.</param>
    /// <exception cref="InvalidDataException">The file holds no such tensor.</exception>
    public SafetensorsEntry Find(string name, string where) => _file.Table.Find(name)
        ?? throw new InvalidDataException($"{where}: tensor '{name}' was asked for, but {_file.Name} holds "
            + $"{Listed([.. Entries.Select(e => e.Name)])}.");

    private static string Listed(string[] names) => names.Length switch
    {
        0 => "no tensors",
        <= 12 => string.Join(", ", names),
        _ => $"{names.Length} others",
    };
}
