using System.Runtime.InteropServices;
using Puna.Kernels.Cpu;
using Puna.Runtime.Loading;
using Puna.TestKit;

namespace Puna.Kernels.Tests.Cpu;

public class ElementsTests
{
    [Fact]
    public void Every_half_widens_to_its_value_in_vectors_as_alone()
    {
        float[] expected = new float[1 << 16], actual = new float[1 << 16];
        ushort[] stored = [.. Enumerable.Range(0, 1 << 16).Select(i => (ushort)i)];
        for (int i = 0; i < stored.Length; i++)
            expected[i] = (float)BitConverter.UInt16BitsToHalf(stored[i]);

        Lanes.WidenRow<F16Element, ushort>(stored, actual);

        for (int i = 0; i < stored.Length; i++)
            Assert.True(actual[i].Equals(expected[i]) && float.IsNegative(actual[i]) == float.IsNegative(expected[i]), $"{i:X4} is {actual[i]}");
    }

    [Fact]
    public void Every_bfloat_widens_to_its_value_and_narrows_back()
    {
        ushort[] stored = [.. Enumerable.Range(0, 1 << 16).Select(i => (ushort)i)];
        float[] widened = new float[1 << 16];

        Lanes.WidenRow<BF16Element, ushort>(stored, widened);

        for (int i = 0; i < stored.Length; i++)
        {
            Assert.Equal((uint)i << 16, BitConverter.SingleToUInt32Bits(widened[i]));
            Assert.True(float.IsNaN(widened[i]) || BF16Element.Narrow(widened[i]) == i);
        }
    }

    [Theory]
    [InlineData(1.00390625f, 0x3F80)]    // half way to the next: to even
    [InlineData(1.01171875f, 0x3F82)]    // half way: to even, upwards
    [InlineData(1.0039064f, 0x3F81)]     // just above half way
    [InlineData(3.4e38f, 0x7F80)]        // above the largest: infinity
    [InlineData(float.NaN, 0xFFC0)]
    [InlineData(-0f, 0x8000)]
    public void Narrowing_to_bfloat_rounds_to_nearest_ties_to_even(float value, int expected) =>
        Assert.Equal(expected, BF16Element.Narrow(value));

    [Fact]
    public void Sixteen_numbers_are_narrowed_as_each_alone()
    {
        // every exponent and sign, with fractions around every tie of every format
        List<float> values = [];
        for (uint upper = 0; upper < 1 << 16; upper++)
        {
            foreach (uint lower in new uint[] { 0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF })
                values.Add(BitConverter.UInt32BitsToSingle(upper << 16 | lower));
        }

        float[] numbers = [.. values.Where(v => !float.IsNaN(v))];
        AssertNarrowed<F16Element, ushort>(numbers);
        AssertNarrowed<I8Element, sbyte>(numbers);
        AssertNarrowed<ShiftedI8Element, byte>(numbers);
        AssertNarrowed<BF16Element, ushort>([.. values]);
        AssertNarrowed<F8E4M3Element, byte>([.. values.Select(v => float.IsNaN(v) ? float.NaN : v)], code => code & 0x7F);
        AssertNarrowed<F8E4M3Element, byte>(numbers);
    }

    [Fact]
    public void Every_code_of_eight_bits_widens_to_its_value_in_vectors_as_alone()
    {
        AssertWidened<I8Element, sbyte>([.. Enumerable.Range(0, 256).Select(c => (sbyte)c)]);
        AssertWidened<ShiftedI8Element, byte>([.. Enumerable.Range(0, 256).Select(c => (byte)c)]);
        AssertWidened<F8E4M3Element, byte>([.. Enumerable.Range(0, 256).Select(c => (byte)c)]);
    }

    private static void AssertWidened<TElement, TStored>(TStored[] stored)
        where TElement : IElement<TStored>
        where TStored : unmanaged
    {
        float[] actual = new float[stored.Length];
        Lanes.WidenRow<TElement, TStored>(stored, actual);

        Assert.Equal(stored.Select(TElement.Widen), actual);
    }

    private static void AssertNarrowed<TElement, TStored>(float[] values, Func<int, int>? masked = null)
        where TElement : IElement<TStored>
        where TStored : unmanaged
    {
        TStored[] actual = new TStored[values.Length];
        Lanes.Convert<F32Element, float, TElement, TStored>(values, actual);

        masked ??= code => code;
        for (int i = 0; i < values.Length; i++)
        {
            int expected = masked(Convert.ToInt32(TElement.Narrow(values[i]))), found = masked(Convert.ToInt32(actual[i]));
            Assert.True(expected == found, $"{typeof(TElement).Name}: {values[i]:G9} is {found:X}, expected {expected:X}");
        }
    }

    [Fact]
    public void Roundings_are_those_that_torch_recorded()
    {
        SafetensorsFile file = SafetensorsFile.Open(Goldens.Shared("goldens/number-formats.safetensors"));
        float[] values = file.ReadF32("f32");
        ReadOnlySpan<ushort> bfloats = MemoryMarshal.Cast<byte, ushort>(file.ReadBytes(file.Find("bf16")));
        ReadOnlySpan<ushort> halves = MemoryMarshal.Cast<byte, ushort>(file.ReadBytes(file.Find("f16")));

        for (int i = 0; i < values.Length; i++)
        {
            if (float.IsNaN(values[i]))
                continue;   // which NaN is nobody's business
            Assert.Equal(bfloats[i], BF16Element.Narrow(values[i]));
            Assert.Equal(halves[i], F16Element.Narrow(values[i]));
        }
    }
}
