using FsCheck;
using FsCheck.Fluent;

namespace Puna.Tokenizer.Tests;

/// <summary>Random texts in which everything that the split pattern tells apart meets everything else.</summary>
public static class Texts
{
    /// <summary>Pieces of text: every class in one to four bytes, contractions, words, special tokens.</summary>
    public static string[] Pieces { get; } =
    [
        "a", "Z", "é", "ж", "日", "ก", "क", "ſ", "ß", "ª", "𝒳", "𫐇", "s", "S", "ll", "Re", "hello", "Wörter",
        "0", "12345", "٣", "²", "Ⅷ", "१", "𝟘", "½",
        "!", "-", "_", "€", "'", "’", "\"", "\u0301", "ิ", "😀", "\u200d", "\u200b", "\u180e", "\0", "\u001c", "\u007f",
        " ", "  ", "\t", "\v", "\f", "\u0085", "\u00a0", "\u2003", "\u2028", "\u3000",
        "\r", "\n", "\r\n", "\n\n",
        "'s", "'T", "'re", "'Ve", "'LL", "'d", "'ſ", "'M", "<|eot_id|>", "<|", "|>",
    ];

    /// <summary>A character of the same class in the basic plane, for engines that see surrogates.</summary>
    public static string StandIn(string piece) => piece switch
    {
        "𝒳" or "𫐇" => "ж",
        "𝟘" => "٣",
        "😀" => "€",
        _ => piece,
    };

    /// <summary>Runs of pieces; some pieces repeat.</summary>
    public static Arbitrary<string[]> Arbitrary { get; } = Gen.Elements(Pieces).ArrayOf().ToArbitrary();

    /// <summary>Checks a law on many random inputs and throws with the smallest one that breaks it.</summary>
    public static void Check<T>(Arbitrary<T> inputs, Func<T, bool> law, int count = 1000) =>
        FsCheck.Check.One(Config.QuickThrowOnFailure.WithMaxTest(count).WithEndSize(60), Prop.ForAll(inputs, law));
}
