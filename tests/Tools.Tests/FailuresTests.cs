using Puna.Kernels;
using Puna.Kernels.Gpu;
using Puna.Runtime.Loading;

namespace Puna.Tools.Tests;

public class FailuresTests
{
    public static TheoryData<Exception, int, string> Table => new()
    {
        { CommandException.BadInput("a."), 2, "a." },
        { new ModelFormatException("a."), 3, "a." },
        { new DeviceException("a."), 1, "a." },
        { new OutOfCapacityException("a."), 4, "a." },
        { new AggregateException(new OutOfCapacityException("a.")), 4, "a." },
        { new ArgumentException("a.", "x"), 2, "a." },
        { new IOException("No space left on device : '/x'"), 1, "No space left on device : '/x'." },
        { new OperationCanceledException(), 130, "cancelled." },
    };

    [Theory, MemberData(nameof(Table))]
    public void Each_failure_has_an_exit_code_and_a_sentence(Exception failure, int code, string sentence) =>
        Assert.Equal(((ExitCode)code, sentence), Failures.Describe(failure));

    [Fact]
    public void What_nobody_expected_is_named_on_one_line_and_asks_for_a_report()
    {
        static int Break(int[] values) => values[3];
        Exception failure = Assert.Throws<IndexOutOfRangeException>(() => Break([]));

        (ExitCode code, string sentence) = Failures.Describe(failure);

        Assert.Equal(ExitCode.Bug, code);
        Assert.Matches(@"^a mistake of the program itself: IndexOutOfRangeException in FailuresTests\..*Break.* "
            + @"\(Index was outside the bounds of the array\)\. "
            + @"Please report it, with the command and the model\.$", sentence);
    }
}
