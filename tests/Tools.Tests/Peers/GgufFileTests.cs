using Puna.Gguf;

namespace Puna.Tools.Tests.Peers;

public class GgufFileTests
{
    [Fact]
    public void The_header_is_byte_for_byte_that_of_the_specification()
    {
        GgufFile file = new([("k", 7u)], [new("t", GgufType.BF16, [2, 3], 12, s => s.Write(new byte[12]))]);

        byte[] bytes = Write(file);

        byte[] header =
        [
            (byte)'G', (byte)'G', (byte)'U', (byte)'F', 3, 0, 0, 0,   // magic, version
            1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,           // tensors, keys
            1, 0, 0, 0, 0, 0, 0, 0, (byte)'k', 4, 0, 0, 0, 7, 0, 0, 0,
            1, 0, 0, 0, 0, 0, 0, 0, (byte)'t', 2, 0, 0, 0,            // name, dimensions: 3 columns, 2 rows
            3, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0,
            30, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,                      // type, offset
        ];
        Assert.Equal(header, bytes[..header.Length]);
        Assert.Equal(96 + 32, bytes.Length);
    }

    [Fact]
    public void Every_tensor_begins_at_a_multiple_of_32_bytes_and_the_gaps_are_zeros()
    {
        int[] sizes = [1, 31, 32, 33, 64];
        GgufFile file = new([("name", "x"), ("list", new[] { "a", "bc" }), ("numbers", new[] { 1.5f })],
            [.. sizes.Select((n, i) => new GgufTensor($"t{i}", GgufType.F32, [n], n, s => s.Write(Filled(n))))]);

        byte[] bytes = Write(file);

        GgufReader read = new(bytes);
        Assert.Equal([0L, 32, 64, 96, 160], read.Tensors.Values.Select(t => t.Offset));
        Assert.Equal(read.DataStart + 224, bytes.Length);
        Assert.Equal(sizes.Sum() * 9, bytes[read.DataStart..].Sum(b => b));
        Assert.All(sizes.Select((n, i) => (n, i)), t => Assert.Equal(Filled(t.n), read.Data($"t{t.i}", t.n)));
        Assert.Equal(["a", "bc"], (object[])read.Metadata["list"]);
        Assert.Equal([1.5f], (object[])read.Metadata["numbers"]);
    }

    [Fact]
    public void A_tensor_that_writes_too_little_stops_the_file()
    {
        GgufFile file = new([], [new("t", GgufType.F32, [2], 8, s => s.Write(new byte[4]))]);

        var error = Assert.Throws<InvalidOperationException>(() => Write(file));

        Assert.Equal("t: 4 bytes were written, but 8 were announced.", error.Message);
    }

    private static byte[] Filled(int count) => [.. Enumerable.Repeat((byte)9, count)];

    private static byte[] Write(GgufFile file)
    {
        using MemoryStream stream = new();
        file.Write(stream);
        return stream.ToArray();
    }
}
