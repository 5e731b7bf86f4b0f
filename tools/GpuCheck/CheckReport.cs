using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Emulator;

namespace Puna.Tools.GpuCheck;

/// <summary>Everything that a run found: the JSON file, and the source of the Markdown.</summary>
internal sealed record CheckReport
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>Format of the file.</summary>
    public string Schema { get; } = "puna-gpu-check/1";

    /// <summary>The command as it was typed.</summary>
    public required string Command { get; init; }

    /// <summary>When it began, in UTC.</summary>
    public required DateTimeOffset Date { get; init; }

    /// <summary>Seconds that it took.</summary>
    public required double Seconds { get; init; }

    /// <summary>The device.</summary>
    public required DeviceRow Device { get; init; }

    /// <summary>What the device can do; values are null where they were not measured.</summary>
    public required Roofs Roofs { get; init; }

    /// <summary>One row for each kernel, shape and run.</summary>
    public required ImmutableArray<CheckRow> Checks { get; init; }

    /// <summary>Version of the offline assembler; null where none was given.</summary>
    public required string? Assembler { get; init; }

    /// <summary>One row for each kernel that it assembled.</summary>
    public required ImmutableArray<AssemblyRow> Assembly { get; init; }

    /// <summary>One row for each kernel and shape that was timed.</summary>
    public required ImmutableArray<TimingRow> Timings { get; init; }

    /// <summary>What NVIDIA's compute-sanitizer said, one row for each of its tools.</summary>
    public required ImmutableArray<SanitizerRow> Sanitizer { get; init; }

    /// <summary>What was not done, and why.</summary>
    public required ImmutableArray<string> Notes { get; init; }

    /// <summary>Whether nothing is wrong.</summary>
    [JsonIgnore]
    public bool IsRight => Checks.Select(c => c.Result).Concat(Assembly.Select(a => a.Result)).Concat(Sanitizer.Select(s => s.Result))
        .All(r => r != CheckVerdict.Fail);

    /// <summary>The run in one line.</summary>
    [JsonIgnore]
    public string Summary => $"{Checks.Length} checks: {Checks.Count(c => c.Result == CheckVerdict.Pass)} passed, "
        + $"{Checks.Count(c => c.Result == CheckVerdict.Fail)} failed, {Checks.Count(c => c.Result == CheckVerdict.Skip)} skipped; "
        + (Assembler is null ? "" : $"{Assembly.Length} assembled, {Assembly.Count(a => a.Result == CheckVerdict.Pass)} within budget; ")
        + $"{Timings.Length} timings";

    /// <summary>The JSON file's text.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json) + "\n";
}

/// <summary>What a device is.</summary>
/// <param name="Name">As the driver gives it.</param>
/// <param name="Arch">The best target that it runs.</param>
/// <param name="Driver">CUDA version of the driver, such as 13.0; null in the emulator.</param>
/// <param name="Multiprocessors">How many.</param>
/// <param name="L2Bytes">Second-level cache.</param>
/// <param name="MemoryBytes">Device memory.</param>
/// <param name="ClockMhz">Highest clock; null where unknown.</param>
internal sealed record DeviceRow(
    string Name, string Arch, string? Driver, int Multiprocessors, long L2Bytes, long MemoryBytes, int? ClockMhz)
{
    /// <summary>The same facts for a report.</summary>
    public static DeviceRow Of(GpuFacts facts) => new(facts.Name, facts.Arch.ToString(),
        facts.DriverVersion == 0 ? null : $"{facts.DriverVersion / 1000}.{facts.DriverVersion % 1000 / 10}",
        facts.MultiprocessorCount, facts.L2Bytes, facts.MemoryBytes,
        facts.ClockKilohertz == 0 ? null : facts.ClockKilohertz / 1000);
}

/// <summary>How a check ended.</summary>
internal enum CheckVerdict
{
    /// <summary>As expected.</summary>
    Pass,

    /// <summary>Not as expected.</summary>
    Fail,

    /// <summary>Not run.</summary>
    Skip,
}

/// <summary>One kernel on one shape.</summary>
/// <param name="Kernel">Its name.</param>
/// <param name="Arch">What its text is written for.</param>
/// <param name="Shape">Its shape; empty for a manifest's kernel.</param>
/// <param name="Run">The emulator's schedule, or <c>cuda</c>.</param>
/// <param name="Result">How it ended.</param>
/// <param name="LargestError">Largest |got − want|; null where it did not run.</param>
/// <param name="Registers">Registers of a thread, as the driver's compiler says; null in the emulator.</param>
/// <param name="LocalBytes">Local memory of a thread; null in the emulator.</param>
/// <param name="Counts">What the emulator counted; null on hardware.</param>
/// <param name="Problems">What is wrong, or why it did not run.</param>
internal sealed record CheckRow(
    string Kernel, string Arch, string Shape, string Run, CheckVerdict Result, double? LargestError, int? Registers,
    int? LocalBytes, CheckCounts? Counts, ImmutableArray<string> Problems);

/// <summary>What the emulator counted in one launch.</summary>
/// <param name="Instructions">Instructions that warps executed.</param>
/// <param name="ThreadInstructions">Instructions that threads executed.</param>
/// <param name="SharedConflicts">Passes over the banks of shared memory beyond those that the requests' size demands.</param>
/// <param name="Sectors">Sectors of 32 bytes of global memory that requests touched.</param>
/// <param name="Bytes">Bytes of global memory that threads read and wrote.</param>
internal sealed record CheckCounts(long Instructions, long ThreadInstructions, long SharedConflicts, long Sectors, long Bytes)
{
    /// <summary>The same of the emulator's counters; null for null.</summary>
    public static CheckCounts? Of(Counters? counters) => counters is null ? null
        : new(counters.WarpInstructions, counters.ThreadInstructions, counters.SharedConflicts, counters.GlobalSectors,
            counters.GlobalBytesRead + counters.GlobalBytesWritten);
}

/// <summary>One kernel's time on one shape.</summary>
/// <param name="Kernel">Its name.</param>
/// <param name="Arch">What its text is written for.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Time">Its time.</param>
/// <param name="Bytes">Bytes that it must move at least.</param>
/// <param name="Flops">Its additions and multiplications.</param>
/// <param name="GigabytesPerSecond">Bytes over the median.</param>
/// <param name="Teraflops">Operations over the median.</param>
/// <param name="PercentOfCopy">Of the copy bandwidth measured here; null where that was not measured.</param>
/// <param name="PercentOfDataSheet">Of the vendor's memory bandwidth; null for a device that is not in the table.</param>
/// <param name="PercentOfTensorPeak">Of the mma rate measured here, for kernels on the tensor cores in BF16; otherwise null.</param>
internal sealed record TimingRow(
    string Kernel, string Arch, string Shape, Timing Time, long Bytes, long Flops, double GigabytesPerSecond, double Teraflops,
    double? PercentOfCopy, double? PercentOfDataSheet, double? PercentOfTensorPeak);

/// <summary>One tool of compute-sanitizer.</summary>
/// <param name="Tool">As in <c>memcheck</c>.</param>
/// <param name="Result">Whether it found nothing.</param>
/// <param name="Words">The end of what it printed, where it found something or did not run.</param>
internal sealed record SanitizerRow(string Tool, CheckVerdict Result, string Words);
