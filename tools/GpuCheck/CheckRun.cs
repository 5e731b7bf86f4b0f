using System.Collections.Immutable;
using Puna.Kernels;
using Puna.Kernels.Gpu;
using Puna.Tools.KernelChecks;

namespace Puna.Tools.GpuCheck;

/// <summary>One run of <c>gpu-check</c>: facts, roofs, checks, timings, sanitizer, in this order until the time is up.</summary>
/// <param name="plan">What to do.</param>
/// <param name="output">Progress.</param>
/// <param name="clock">Dates and the limit.</param>
internal sealed class CheckRun(CheckPlan plan, TextWriter output, TimeProvider clock)
{
    private const int Seed = 1;

    private readonly ImmutableArray<CheckRow>.Builder _checks = ImmutableArray.CreateBuilder<CheckRow>();
    private readonly ImmutableArray<AssemblyRow>.Builder _assembly = ImmutableArray.CreateBuilder<AssemblyRow>();
    private readonly ImmutableArray<TimingRow>.Builder _timings = ImmutableArray.CreateBuilder<TimingRow>();
    private readonly List<string> _notes = [];
    private readonly long _start = clock.GetTimestamp();

    private TimeSpan Elapsed => clock.GetElapsedTime(_start);

    private bool IsTimeUp => Elapsed >= plan.Limit;

    /// <summary>Does it.</summary>
    /// <exception cref="DeviceException">A GPU was asked for, and there is none.</exception>
    public CheckReport Run()
    {
        DateTimeOffset date = clock.GetUtcNow();
        using var devices = new CheckDevices(plan.Options);
        GpuFacts facts = devices.Facts;
        output.WriteLine($"{facts.Name}, {facts.Arch}, {facts.MultiprocessorCount} multiprocessors");
        Roofs roofs = MeasureRoofs(devices);
        foreach (KernelSpec spec in KernelSpec.All.Where(s => plan.Wants(s.Name)))
            CheckSpec(spec, devices);
        foreach (KernelManifest manifest in plan.Manifests)
            CheckManifest(manifest, devices);
        foreach (KernelSpec spec in KernelSpec.All.Where(s => plan.Wants(s.Name)))
            TimeSpec(spec, devices, roofs);
        return new CheckReport
        {
            Command = plan.Command,
            Date = date,
            Device = DeviceRow.Of(facts),
            Roofs = roofs,
            Sanitizer = RunSanitizer(devices),
            Checks = _checks.ToImmutable(),
            Assembler = plan.Assembler?.Version,
            Assembly = _assembly.ToImmutable(),
            Timings = _timings.ToImmutable(),
            Notes = [.. _notes.Distinct()],
            Seconds = Elapsed.TotalSeconds,
        };
    }

    private Roofs MeasureRoofs(CheckDevices devices)
    {
        if (devices.Hardware is not { } gpu || plan.IsSpecsOnly)
        {
            _notes.Add("Roofs and timings: not measured, for want of hardware.");
            return Roofs.NotMeasured;
        }

        Roofs roofs = Roofs.Measure(gpu);
        output.WriteLine(FormattableString.Invariant(
            $"copy {roofs.CopyGigabytesPerSecond:F0} GB/s, read {roofs.ReadGigabytesPerSecond:F0} GB/s, ")
            + FormattableString.Invariant($"mma {roofs.MmaTeraflops:F0} TFLOP/s, wgmma {roofs.WgmmaTeraflops:F0} TFLOP/s"));
        return roofs;
    }

    private void CheckSpec(KernelSpec spec, CheckDevices devices)
    {
        ImmutableArray<ImmutableArray<int>> shapes =
            plan.IsHardware && !plan.IsSpecsOnly ? spec.Shapes.AddRange(spec.HardwareShapes) : spec.Shapes;
        foreach (GpuArch arch in spec.Architectures)
        {
            KernelCall? call = null;
            foreach (ImmutableArray<int> shape in shapes)
            {
                Check(spec.Name, arch, NameOf(shape), devices, () => call = spec.Prepare(shape, arch, new SeededValues(Seed)));
                if (shape == spec.Shapes[^1] && call?.Kernel.Ptx is { } ptx)
                    Assemble(spec, arch, shape, ptx);
            }
        }
    }

    private void Assemble(KernelSpec spec, GpuArch arch, ImmutableArray<int> shape, string ptx)
    {
        if (plan.Assembler is null || IsTimeUp)
            return;
        var row = AssemblyRow.Of(spec, arch, NameOf(shape), ptx, plan.Assembler);
        _assembly.Add(row);
        output.WriteLine($"{Word(row.Result)}  {row.Kernel} {row.Shape} {row.Arch} assembled: {row.Registers} registers, {row.LoopInstructions} in the loop");
        foreach (string problem in row.Problems)
            output.WriteLine($"      {problem}");
    }

    private void CheckManifest(KernelManifest manifest, CheckDevices devices)
    {
        foreach (ManifestKernel kernel in manifest.Kernels.Where(k => plan.Wants(k.Name)))
            Check(kernel.Name, kernel.Arch, "", devices, kernel.Load);
    }

    private void Check(string name, GpuArch arch, string shape, CheckDevices devices, Func<KernelCall> prepare)
    {
        string what = $"{name} {shape}".TrimEnd();
        if (!devices.Runs(arch) || IsTimeUp)
        {
            string why = IsTimeUp ? "time was up" : $"not for {devices.Label}";
            Add(new CheckRow(name, arch.ToString(), shape, devices.Label, CheckVerdict.Skip, null, null, null, null, [why]));
            return;
        }

        foreach (CheckResult result in devices.Run(arch, prepare()))
        {
            CompilationReport? compiled = devices.Hardware is null ? null : result.Outcome?.Compilation;
            Add(new CheckRow(name, arch.ToString(), shape, result.Label, result.IsRight ? CheckVerdict.Pass : CheckVerdict.Fail,
                result.Outcome?.LargestError, compiled?.Registers, compiled?.LocalBytes, CheckCounts.Of(result.Counters), [.. result.Problems(what)]));
        }
    }

    private void Add(CheckRow row)
    {
        _checks.Add(row);
        output.WriteLine($"{Word(row.Result)}  {row.Kernel} {row.Shape} {row.Arch} {row.Run}");
        foreach (string problem in row.Problems)
            output.WriteLine($"      {problem}");
    }

    private void TimeSpec(KernelSpec spec, CheckDevices devices, Roofs roofs)
    {
        if (devices.Hardware is not { } gpu || plan.IsSpecsOnly || spec.Shapes.IsEmpty)
            return;
        var timer = new KernelTimer(gpu);
        foreach (GpuArch arch in spec.Architectures.Where(devices.Runs))
        {
            foreach (ImmutableArray<int> shape in spec.HardwareShapes.Insert(0, spec.Shapes[^1]))
            {
                if (IsTimeUp)
                {
                    _notes.Add($"{spec.Name} {NameOf(shape)}: not timed, time was up.");
                    continue;
                }

                if (_checks.Any(c => c.Kernel == spec.Name && c.Shape == NameOf(shape) && c.Result == CheckVerdict.Fail))
                {
                    _notes.Add($"{spec.Name} {NameOf(shape)}: not timed, it is wrong.");
                    continue;
                }

                TimingRow row = Row(spec, arch, shape, timer.Time(spec.Prepare(shape, arch, new SeededValues(Seed))), roofs);
                _timings.Add(row);
                output.WriteLine(FormattableString.Invariant(
                    $"time  {row.Kernel} {row.Shape} {row.Arch}: {row.Time.MedianMicroseconds:F2} µs, {row.GigabytesPerSecond:F0} GB/s"));
            }
        }
    }

    private static TimingRow Row(KernelSpec spec, GpuArch arch, ImmutableArray<int> shape, Timing time, Roofs roofs)
    {
        long bytes = spec.Bytes(shape), flops = spec.Flops(shape);
        double bandwidth = bytes / time.MedianMicroseconds / 1e3, rate = flops / time.MedianMicroseconds / 1e6;
        ImmutableArray<string> mnemonics = spec.Assembly(arch).Required;
        double? peak = mnemonics.Contains("HGMMA") ? roofs.WgmmaTeraflops
            : mnemonics.Any(m => m.StartsWith("HMMA", StringComparison.Ordinal)) ? roofs.MmaTeraflops : null;
        return new TimingRow(spec.Name, arch.ToString(), NameOf(shape), time, bytes, flops, bandwidth, rate,
            100 * bandwidth / roofs.CopyGigabytesPerSecond, 100 * bandwidth / roofs.DataSheetGigabytesPerSecond,
            100 * rate / peak);
    }

    private ImmutableArray<SanitizerRow> RunSanitizer(CheckDevices devices)
    {
        if (devices.Hardware is null || plan.IsSpecsOnly)
            return [];
        return [.. Sanitizer.Tools.Select(tool => IsTimeUp
            ? new SanitizerRow(tool, CheckVerdict.Skip, "time was up")
            : Sanitizer.Run(tool, plan.Only, plan.Limit - Elapsed))];
    }

    private static string Word(CheckVerdict verdict) => verdict.ToString().ToLowerInvariant();   // four letters each

    private static string NameOf(ImmutableArray<int> shape) => $"[{string.Join(", ", shape)}]";
}
