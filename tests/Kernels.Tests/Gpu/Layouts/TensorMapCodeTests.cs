using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Layouts;

namespace Puna.Kernels.Tests.Gpu;

/// <summary>Tensor maps: what the driver would refuse, and the emulator's encoding.</summary>
public sealed class TensorMapCodeTests
{
    private static readonly TensorMapLayout Good =
        new(NumberFormat.BF16, [4096, 512, 3], [8192, 4194304], [64, 128, 1], SwizzleMode.Bytes128) { Address = 0x7000_0000_0040 };

    [Fact]
    public void Decoding_gives_back_what_was_encoded()
    {
        TensorMapLayout wide = new(NumberFormat.U8, [1L << 32], [], [256], SwizzleMode.None) { Address = 16 };
        foreach (TensorMapLayout layout in new[] { Good, wide })
        {
            TensorMap map = TensorMapCode.Encode(layout);
            TensorMapLayout decoded = Assert.IsType<TensorMapLayout>(TensorMapCode.Decode(map.Bytes.AsSpan()));

            Assert.Equal(128, map.Bytes.Length);
            Assert.Equal(layout.Extents, decoded.Extents.AsEnumerable());
            Assert.Equal(layout.StrideBytes, decoded.StrideBytes.AsEnumerable());
            Assert.Equal(layout.Box, decoded.Box.AsEnumerable());
            Assert.Equal((layout.Format, layout.Swizzle, layout.Address), (decoded.Format, decoded.Swizzle, decoded.Address));
        }

        Assert.Null(TensorMapCode.Decode(new byte[128]));
    }

    [Fact]
    public void What_the_driver_refuses_is_a_sentence()
    {
        Assert.Null(TensorMapCode.Problem(Good));
        Is("TensorMap: it has 0 dimensions, but 1 to 5 are possible.", Good with { Extents = [] });
        Is("TensorMap: 3 dimensions have 1 strides and 3 box sizes, but 2 strides (the innermost has none) and 3 box sizes were expected.",
            Good with { StrideBytes = [8192] });
        Is("TensorMap: the address 0x8 is not aligned to 16 bytes.", Good with { Address = 8 });
        Is("TensorMap: dimension 1 has 0 elements, but 1 to 2^32 are possible.", Good with { Extents = [4096, 0, 3] });
        Is("TensorMap: the box has 257 elements in dimension 1, but 1 to 256 are possible.", Good with { Box = [64, 257, 1] });
        Is("TensorMap: dimension 1 has a stride of 8200 bytes, but multiples of 16 below 2^40 are possible.",
            Good with { StrideBytes = [8200, 4194304] });
        Is("TensorMap: the box is 24 bytes wide, but only multiples of 16 are possible.", Good with { Box = [12, 128, 1] });
        Is("TensorMap: the box is 144 bytes wide, but swizzle Bytes128 takes at most 128.", Good with { Box = [72, 128, 1] });

        static void Is(string sentence, TensorMapLayout layout)
        {
            Assert.Equal(sentence, TensorMapCode.Problem(layout));
            Assert.StartsWith(sentence, Assert.Throws<ArgumentException>(() => TensorMapCode.Encode(layout)).Message, StringComparison.Ordinal);
        }
    }
}
