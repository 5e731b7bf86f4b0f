using System.Text;

namespace Puna.Tools.Tests.Peers;

/// <summary>A GGUF file as its specification's text says to read it; knows the types that are written here.</summary>
internal sealed class GgufReader
{
    private readonly byte[] _bytes;
    private int _at;

    public GgufReader(byte[] bytes)
    {
        _bytes = bytes;
        Assert.Equal("GGUF"u8.ToArray(), Take(4));
        Assert.Equal(3u, UInt32());
        int tensors = (int)UInt64(), keys = (int)UInt64();
        for (int i = 0; i < keys; i++)
            Metadata.Add(Text(), Value(UInt32()));
        for (int i = 0; i < tensors; i++)
        {
            string name = Text();
            long[] shape = [.. Enumerable.Range(0, (int)UInt32()).Select(_ => (long)UInt64())];
            Tensors.Add(name, (shape, UInt32(), (long)UInt64()));
        }

        DataStart = (_at + 31) / 32 * 32;
        Assert.All(_bytes[_at..DataStart], b => Assert.Equal(0, b));
    }

    public Dictionary<string, object> Metadata { get; } = [];

    /// <summary>Dimensions from the innermost, type, and offset from the start of the data.</summary>
    public Dictionary<string, (long[] Shape, uint Type, long Offset)> Tensors { get; } = [];

    public int DataStart { get; }

    public byte[] Data(string tensor, int bytes) =>
        _bytes.AsSpan(DataStart + (int)Tensors[tensor].Offset, bytes).ToArray();

    private object Value(uint type) => type switch
    {
        4 => UInt32(),
        6 => BitConverter.ToSingle(Take(4)),
        8 => Text(),
        9 => Array(),
        _ => throw new InvalidDataException($"type {type}"),
    };

    private object[] Array()
    {
        uint type = UInt32();
        return [.. Enumerable.Range(0, (int)UInt64()).Select(_ => Value(type))];
    }

    private string Text() => Encoding.UTF8.GetString(Take((int)UInt64()));

    private uint UInt32() => BitConverter.ToUInt32(Take(4));

    private ulong UInt64() => BitConverter.ToUInt64(Take(8));

    private byte[] Take(int count) => _bytes[_at..(_at += count)];
}
