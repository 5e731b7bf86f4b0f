using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace Puna.Tools;

/// <summary>Makes options that check their values, and say in a sentence what they expect.</summary>
internal static class Flags
{
    /// <summary>A switch.</summary>
    public static Option<bool> Switch(string name, string description) =>
        new(name) { Description = description, Arity = ArgumentArity.Zero };

    /// <summary>A text, such as a path.</summary>
    public static Option<string?> Text(string name, string helpName, string description) =>
        new(name) { Description = description, HelpName = helpName };

    /// <summary>A number within limits; null where it is not given.</summary>
    public static Option<T?> Number<T>(string name, string helpName, T least, T most, string description)
        where T : struct, INumber<T> => new(name)
        {
            Description = description,
            HelpName = helpName,
            CustomParser = result => Parse(result, name, least, most),
        };

    /// <summary>One of some words; null where it is not given.</summary>
    public static Option<T?> Choice<T>(string name, string description, params (string Word, T Value)[] choices)
        where T : struct => new(name)
        {
            Description = description,
            HelpName = string.Join('|', choices.Select(c => c.Word)),
            CustomParser = result => Choose(result, name, choices),
        };

    private static T? Parse<T>(ArgumentResult result, string name, T least, T most)
        where T : struct, INumber<T>
    {
        string text = result.Tokens[0].Value;
        bool isNumber = T.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out T value);
        if (isNumber && value >= least && value <= most)
            return value;
        string kind = typeof(T) == typeof(double) ? "a number" : "a whole number";
        string range = string.Create(CultureInfo.InvariantCulture, $"{kind} from {least} to {most}");
        result.AddError($"{name}: '{text}' was given, but {range} was expected.");
        return null;
    }

    private static T? Choose<T>(ArgumentResult result, string name, (string Word, T Value)[] choices)
        where T : struct
    {
        string text = result.Tokens[0].Value;
        foreach ((string word, T value) in choices)
        {
            if (word == text)
                return value;
        }

        string expected = string.Join(" or ", choices.Select(c => $"'{c.Word}'"));
        result.AddError($"{name}: '{text}' was given, but {expected} was expected.");
        return null;
    }
}
