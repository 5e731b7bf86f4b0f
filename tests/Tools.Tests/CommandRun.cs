namespace Puna.Tools.Tests;

/// <summary>What a command line printed and returned.</summary>
/// <param name="Code">The exit code.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Error">Standard error.</param>
internal sealed record CommandRun(int Code, string Output, string Error)
{
    /// <summary>Runs a command line in this process, without a person.</summary>
    public static CommandRun Of(params string[] arguments) => With("", new Interrupts(), arguments);

    /// <summary>Runs a command line in this process, with text on its standard input.</summary>
    public static CommandRun WithInput(string input, params string[] arguments) =>
        With(input, new Interrupts(), arguments);

    /// <summary>Runs a command line in this process.</summary>
    /// <param name="input">Standard input.</param>
    /// <param name="interrupts">Presses Ctrl-C.</param>
    /// <param name="arguments">The words after <c>puna</c>.</param>
    public static CommandRun With(string input, Interrupts interrupts, params string[] arguments) =>
        With(new StringReader(input), new StringWriter(), interrupts, arguments);

    /// <summary>Runs a command line in this process.</summary>
    /// <param name="input">Standard input.</param>
    /// <param name="output">Standard output.</param>
    /// <param name="interrupts">Presses Ctrl-C.</param>
    /// <param name="arguments">The words after <c>puna</c>.</param>
    public static CommandRun With(TextReader input, StringWriter output, Interrupts interrupts,
        params string[] arguments)
    {
        using StringWriter error = new();
        Terminal terminal = new() { Input = input, Output = output, Error = error, Interrupts = interrupts };
        int code = CommandLine.Run(arguments, terminal);
        return new CommandRun(code, output.ToString(), error.ToString());
    }

    /// <summary>Fails unless the command ended with one sentence and this exit code.</summary>
    public void FailsWith(int code, string sentence)
    {
        Assert.Equal($"puna: {sentence}{Environment.NewLine}", Error);
        Assert.Equal("", Output);
        Assert.Equal(code, Code);
    }

    /// <summary>The output, of a command that succeeded.</summary>
    public string Succeeds()
    {
        Assert.True(Code == 0, $"exit code {Code}: {Error}");
        return Output;
    }
}
