using Puna.TestKit;

namespace Puna.Tools.Tests;

public class ChatTests
{
    private static readonly string NewLine = Environment.NewLine;

    [Fact]
    public void A_conversation_remembers_until_it_is_reset()
    {
        CommandRun run = Chat("My name is Wanda.\nWhat is my name?\n/reset\nWhat is my name?\n");

        string[] answers = run.Succeeds().TrimEnd().Split(NewLine);
        Assert.Equal(["Nice to meet you!", "Your name is Wanda."], answers[..2]);
        Assert.DoesNotContain("Wanda", answers[2], StringComparison.Ordinal);
        Assert.Equal($"The conversation is forgotten.{NewLine}", run.Error);
    }

    [Fact]
    public void A_conversation_answers_as_one_request_with_all_its_messages_would()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.File("m.json"), """
            [{"role": "system", "content": "Answer briefly."}, {"role": "user", "content": "My name is Wanda."},
             {"role": "assistant", "content": "Nice to meet you!"}, {"role": "user", "content": "What is my name?"}]
            """);

        string expected = CommandRun.Of("run", Goldens.Demo, "--messages", folder.File("m.json"), "--threads", "2",
            "--activations", "f32", "--kv-dtype", "f32").Succeeds();

        Assert.EndsWith(NewLine + expected, Chat("/system Answer briefly.\nMy name is Wanda.\nWhat is my name?")
            .Succeeds(), StringComparison.Ordinal);
    }

    [Fact]
    public void Commands_are_answered_on_standard_error_and_exit_leaves()
    {
        CommandRun run = Chat("/system Be kind.\n/system\n/foo bar\n\n/help\n/exit\nWhat is my name?\n");

        Assert.Equal("", run.Succeeds());
        Assert.StartsWith($"The system message is set; the conversation is forgotten.{NewLine}There is no system "
            + $"message now.{NewLine}"
            + $"/foo: there is no such command, but one of /help was expected. Begin a message with another character "
                + $"than '/'.{NewLine}/reset ",
            run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_that_does_not_fit_the_context_is_dropped_and_the_conversation_goes_on()
    {
        string long_ = string.Concat(Enumerable.Repeat("word ", 3000));

        CommandRun run = Chat($"My name is Wanda.\n{long_}\nWhat is my name?\n");

        Assert.Equal($"Nice to meet you!{NewLine}Your name is Wanda.{NewLine}", run.Succeeds());
        Assert.Matches(@"^context: the conversation has [\d,]+ tokens, but the model has a context of 2,048 tokens "
            + @"and the answer needs room too\. "
            + @"Start again with /reset, or write less\. The message was dropped\.\r?\n$", run.Error);
    }

    [Fact]
    public void Ctrl_c_stops_the_answer_and_not_the_program()
    {
        Interrupts interrupts = new();
        using PressingWriter output = new(interrupts, after: "The capital of France");

        CommandRun run = CommandRun.With(new StringReader("What is the capital of France?\nWhat is the capital of "
            + "Italy?\n"), output, interrupts,
            "chat", Goldens.Demo, "--threads", "2", "--activations", "f32", "--kv-dtype", "f32");

        Assert.Equal($"The capital of France{NewLine}The capital of Italy is Rome.{NewLine}", run.Succeeds());
    }

    [Fact]
    public void The_second_ctrl_c_where_nothing_is_answered_leaves()
    {
        Interrupts interrupts = new();
        using SilentReader input = new();
        using NoticingWriter error = new(interrupts);
        Terminal terminal = new()
        {
            Input = input,
            Output = new StringWriter(),
            Error = error,
            Interrupts =
            interrupts,
            IsInputTerminal = true
        };

        int code = CommandLine.Run(["chat", Goldens.Demo, "--threads", "1"], terminal);

        Assert.Equal(130, code);
        Assert.Equal($"/help lists the commands.{NewLine}> {NewLine}Ctrl-C again leaves.{NewLine}> ", error.ToString());
    }

    private static CommandRun Chat(string input) => CommandRun.WithInput(input, "chat", Goldens.Demo, "--threads", "2",
        "--activations", "f32", "--kv-dtype", "f32");   // what it answers was recorded so

    /// <summary>A person who types nothing.</summary>
    private sealed class SilentReader : StringReader
    {
        private readonly ManualResetEventSlim _end = new();

        public SilentReader() : base("")
        {
        }

        public override string? ReadLine()
        {
            _end.Wait();
            return null;
        }

        protected override void Dispose(bool disposing)
        {
            _end.Set();
            base.Dispose(disposing);
        }
    }

    /// <summary>Presses Ctrl-C whenever it is invited to type.</summary>
    private sealed class NoticingWriter(Interrupts interrupts) : StringWriter
    {
        public override void Write(string? value)
        {
            base.Write(value);
            Notice();
        }

        public override void Write(char[] buffer, int index, int count)
        {
            base.Write(buffer, index, count);
            Notice();
        }

        private void Notice()
        {
            if (ToString().EndsWith("> ", StringComparison.Ordinal))
                interrupts.Raise();
        }
    }
}
