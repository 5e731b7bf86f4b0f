using System.Collections.Immutable;
using System.CommandLine;
using Puna.Kernels.Cpu;
using Puna.Tools.Measure;

namespace Puna.Tools;

/// <summary><c>puna bench cpu</c>: the roofs of this machine's processor, and every op's share of them.</summary>
internal sealed class BenchCpu
{
    private const int MostThreads = 1024;

    private readonly Option<string?> _filter = Flags.Text("--filter", "TEXT",
        "Measure ops whose id holds this text alone; '*' stands for any text; 'none' measures the roofs only [default: all]");

    private readonly Option<bool> _list = Flags.Switch("--list", "Print the ids of ops, and measure nothing");

    private readonly Option<int?> _threads = Flags.Number("--threads", "N", 1, MostThreads,
        "Threads that compute [default: one per core]");

    private readonly Option<bool> _quick = Flags.Switch("--quick",
        "Measure shapes of the smallest model only, and a tenth as long: figures to look at, not to quote");

    private readonly Option<bool> _json = Flags.Switch("--json", "Print one JSON object, with every sample");

    /// <summary>The verb.</summary>
    public static Verb Create(Terminal terminal)
    {
        var bench = new BenchCpu();
        var command = new Command("cpu",
            "Measures memory and arithmetic of this machine, then every op in the shapes of 1B, 3B and 8B models: time, rate, "
            + "share of the roof that binds, and whether the result is right. Exit code 1 if one is not.")
        {
            bench._filter, bench._list, bench._threads, bench._quick, bench._json,
        };
        command.SetAction(parsed => bench.Execute(parsed, terminal));
        return new Verb(command, """
              puna bench cpu
              puna bench cpu --quick
              puna bench cpu --filter 'mat_mul/8b/*/M1/*' --threads 1
              puna bench cpu --filter attention --json > attention.json
            """);
    }

    private int Execute(ParseResult parsed, Terminal terminal)
    {
        bool isQuick = parsed.GetValue(_quick);
        ImmutableArray<OpCase> cases = Chosen(parsed.GetValue(_filter), isQuick);
        if (parsed.GetValue(_list))
        {
            foreach (OpCase which in cases)
                terminal.Output.WriteLine(which.Id);
            return (int)ExitCode.Ok;
        }

        int threads = parsed.GetValue(_threads) ?? Environment.ProcessorCount;
        Effort effort = isQuick ? Effort.Quick : Effort.Full;
        Machine machine = Machine.Current();
        var meter = new RoofMeter(machine, threads, effort);
        Roofs roofs = meter.Measure();
        List<OpRow> rows = MeasureAll(cases, threads, machine, effort, terminal);
        if (rows.Count > 0)
            roofs = Roofs.Best(roofs, meter.Measure());   // others on the machine may have gone, or come
        rows = [.. rows.Select(r => r.Against(roofs, machine))];
        if (parsed.GetValue(_json))
        {
            terminal.Output.WriteLine(JsonText.Write(json => OpJson.Write(json, machine, roofs, rows,
                id => $"puna bench cpu --filter '{id}' --threads {threads}")));
        }
        else
        {
            terminal.Output.Write(OpTable.Head(machine, roofs));
            terminal.Output.Write(OpTable.Rows(rows));
        }

        return (int)(rows.All(r => r.Check.IsRight && r.Check.BitsRepeat) ? ExitCode.Ok : ExitCode.Failed);
    }

    private static List<OpRow> MeasureAll(ImmutableArray<OpCase> cases, int threads, Machine machine, Effort effort, Terminal terminal)
    {
        List<OpRow> rows = [];
        using CpuBackend backend = new(threads);
        foreach (OpCase which in cases)
        {
            terminal.Interrupts.Token.ThrowIfCancellationRequested();
            if (terminal.IsErrorTerminal)
                terminal.Error.WriteLine($"{rows.Count + 1} of {cases.Length}: {which.Id}");
            rows.Add(OpRow.Measure(which, backend, machine, effort));
        }

        return rows;
    }

    private static ImmutableArray<OpCase> Chosen(string? filter, bool isQuick)
    {
        ImmutableArray<OpCase> offered = [.. OpCase.All.Where(c => !isQuick || c.IsSmall)];
        if (filter is null or "none")
            return filter is null ? offered : [];
        ImmutableArray<OpCase> chosen = [.. offered.Where(c => c.Matches(filter))];
        return !chosen.IsEmpty ? chosen
            : throw CommandException.BadInput($"--filter: '{filter}' was given, but none of the {offered.Length} ops has it in its id. "
                + $"The first is '{offered[0].Id}'. See 'puna bench cpu --list'.");
    }
}
