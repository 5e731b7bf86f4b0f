using System.Runtime.InteropServices;
using Puna.Kernels;

namespace Puna.Gguf;

/// <summary>How the matrices of a file are stored; norms and rotary factors are F32 in every file.</summary>
/// <param name="Name">The format's name.</param>
/// <param name="Type">Type of the matrices.</param>
/// <param name="FileType">The number that stands for it in <c>general.file_type</c>.</param>
/// <param name="BlockElements">Elements of a row that are stored together.</param>
/// <param name="BlockBytes">Bytes that they take.</param>
/// <param name="StoreRow">Stores a row, <c>[cols]</c>, into <c>[cols / BlockElements * BlockBytes]</c> bytes.</param>
internal sealed record WeightFormat(
    string Name, GgufType Type, uint FileType, int BlockElements, int BlockBytes, WeightFormat.RowStore StoreRow)
{
    /// <summary>Stores a row.</summary>
    public delegate void RowStore(ReadOnlySpan<float> row, Span<byte> bytes);

    /// <summary>Every format by the word that asks for it.</summary>
    public static IReadOnlyDictionary<string, WeightFormat> Known { get; } = new Dictionary<string, WeightFormat>
    {
        ["bf16"] = new("BF16", GgufType.BF16, FileType: 32, BlockElements: 1, BlockBytes: 2, StoreBF16),
        ["q8_0"] = new("Q8_0", GgufType.Q8Blocks, FileType: 7, Q8Block.Elements, Q8Block.Bytes, Q8Block.StoreRow),
    };

    /// <summary>Bytes of a row of so many columns, a multiple of <see cref="BlockElements"/>.</summary>
    public int RowBytes(long cols) => checked((int)(cols / BlockElements * BlockBytes));

    private static void StoreBF16(ReadOnlySpan<float> row, Span<byte> bytes)
    {
        Span<ushort> stored = MemoryMarshal.Cast<byte, ushort>(bytes);
        for (int i = 0; i < row.Length; i++)
            stored[i] = DTypes.RoundToBF16(row[i]);
    }
}
