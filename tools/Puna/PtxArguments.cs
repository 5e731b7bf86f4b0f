using System.Collections.Immutable;
using System.CommandLine;
using Puna.Kernels.Gpu.Emulator;
using Puna.Tools.KernelChecks;

namespace Puna.Tools;

/// <summary>The options that <c>puna ptx check</c> and <c>puna ptx run</c> have in common.</summary>
internal sealed class PtxArguments
{
    private static readonly ImmutableArray<AsyncSchedule> Early = [AsyncSchedule.Early], Late = [AsyncSchedule.Late];

    private readonly ImmutableArray<AsyncSchedule> _default;
    private readonly Option<ImmutableArray<AsyncSchedule>?> _schedule;

    private readonly Option<CheckBackend?> _backend = Flags.Choice<CheckBackend>("--backend",
        "emulator needs no GPU and looks for mistakes; cuda is this machine's GPU [default: emulator]",
        ("emulator", CheckBackend.Emulator), ("cuda", CheckBackend.Cuda));

    private readonly Option<int?> _seed = Flags.Number("--seed", "N", 0, int.MaxValue,
        "Chooses the emulator's order of warps and blocks; reports name it [default: 0]");

    private readonly Option<bool> _shuffle = Flags.Switch("--shuffle-sums",
        "Sums inside one matrix instruction run in an order that the seed chooses, for the ISA defines none");

    private readonly Option<bool> _unchecked = Flags.Switch("--unchecked",
        "The emulator only computes: faster, and blind to races and undefined values");

    private PtxArguments(params (string Word, ImmutableArray<AsyncSchedule> Value)[] schedules)
    {
        (string word, _default) = schedules[^1];
        _schedule = Flags.Choice("--schedule",
            $"When the emulator's asynchronous work takes effect: as early or as late as is legal [default: {word}]",
            schedules);
    }

    /// <summary>The options of <c>check</c>, which runs both schedules.</summary>
    public static PtxArguments OfCheck() => new(("early", Early), ("late", Late), ("both", [.. Late, .. Early]));

    /// <summary>The options of <c>run</c>, which runs one.</summary>
    public static PtxArguments OfRun() => new(("early", Early), ("late", Late));

    /// <summary>Adds them to a command, in the order of its help.</summary>
    public void AddTo(Command command)
    {
        command.Add(_backend);
        command.Add(_schedule);
        command.Add(_seed);
        command.Add(_shuffle);
        command.Add(_unchecked);
    }

    /// <summary>What was asked for.</summary>
    public CheckOptions Options(ParseResult parsed)
    {
        CheckBackend backend = parsed.GetValue(_backend) ?? CheckBackend.Emulator;
        if (backend == CheckBackend.Cuda)
        {
            Option[] ofEmulator = [_schedule, _seed, _shuffle, _unchecked];
            foreach (Option option in ofEmulator.Where(o => parsed.GetResult(o) is { Implicit: false }))
                throw CommandException.BadInput($"{option.Name}: it was given with --backend cuda, but only the emulator has "
                    + "such a choice. Leave one out.");
        }

        return new CheckOptions
        {
            Backend = backend,
            Schedules = parsed.GetValue(_schedule) ?? _default,
            Seed = parsed.GetValue(_seed) ?? 0,
            ShuffleSums = parsed.GetValue(_shuffle),
            IsChecked = !parsed.GetValue(_unchecked),
        };
    }
}
