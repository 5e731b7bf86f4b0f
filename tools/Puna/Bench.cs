using System.CommandLine;

namespace Puna.Tools;

/// <summary><c>puna bench</c>: how near the ops come to what the machine can do.</summary>
internal static class Bench
{
    /// <summary>The verb.</summary>
    public static Verb Create(Terminal terminal)
    {
        Verb cpu = BenchCpu.Create(terminal);
        var command = new Command("bench", "Measures the machine's limits, and every op against them.") { cpu.Command };
        return new Verb(command, """
              puna bench cpu
              puna bench cpu --filter mat_mul/1b --json > ops.json
            """)
        {
            Parts = [cpu],
        };
    }
}
