using System.Diagnostics;
using Puna.TestKit;

namespace Puna.Tokenizer.Tests;

public class HostileInputTests
{
    // A quadratic merge of one such run takes minutes. What is measured here stays below a second on a slow machine.
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    private static readonly BpeTokenizer Demo = BpeTokenizer.Load(Goldens.Demo);

    public static TheoryData<string> Texts =>
    [
        "a million spaces", "a megabyte of one letter", "a megabyte of digits", "a megabyte of punctuation",
        "a megabyte without white space", "spaces and line ends by turns", "a megabyte of Thai", "special names begun",
        "apostrophes",
    ];

    [Theory, MemberData(nameof(Texts))]
    public void Hostile_text_encodes_in_bounded_time(string name)
    {
        string text = Text(name);

        long start = Stopwatch.GetTimestamp();
        int[] ids = Demo.Encode(text, SpecialTokenHandling.Recognise);
        TimeSpan time = Stopwatch.GetElapsedTime(start);

        Assert.True(time < Bound, $"{name}: {time.TotalSeconds:0.0} s, at most {Bound.TotalSeconds} s");
        Assert.Equal(text, Demo.Decode(ids));
    }

    [Fact]
    public void A_megabyte_of_bytes_that_are_no_text_encodes_in_bounded_time()
    {
        byte[] bytes = new byte[1 << 20];
        Array.Fill(bytes, (byte)0x80);
        List<int> ids = [];

        long start = Stopwatch.GetTimestamp();
        Demo.Encode(bytes, SpecialTokenHandling.AsText, ids);

        Assert.True(Stopwatch.GetElapsedTime(start) < Bound);
        Assert.Equal(bytes, Demo.DecodeBytes([.. ids]));
    }

    private static string Text(string name)
    {
        Random random = new(1);
        return name switch
        {
            "a million spaces" => new(' ', 1_000_000),
            "a megabyte of one letter" => new('a', 1 << 20),
            "a megabyte of digits" => new('7', 1 << 20),
            "a megabyte of punctuation" => new('-', 1 << 20),
            "a megabyte without white space" => string.Create(1 << 20, random, (chars, r) =>
            {
                foreach (ref char c in chars)
                    c = (char)r.Next('!', '~');
            }),
            "spaces and line ends by turns" => string.Concat(Enumerable.Repeat(" \n", 1 << 19)),
            "a megabyte of Thai" => string.Concat(Enumerable.Repeat("กขคงจฉชซ", 1 << 16)),
            "special names begun" => string.Concat(Enumerable.Repeat("<|start_header_id|", 1 << 16)),
            "apostrophes" => new('\'', 1 << 20),
            _ => throw new ArgumentException(name, nameof(name)),
        };
    }
}
