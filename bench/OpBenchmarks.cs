using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Mathematics.OutlierDetection;
using Puna.Kernels;
using Puna.Kernels.Cpu;
using Puna.Tools.Measure;

namespace Puna.Bench;

/// <summary>
/// Every op of the CPU backend in the shapes of a 1B model, on all threads: the cases, the cold weights and the roofs of
/// <c>puna bench cpu</c>, timed by BenchmarkDotNet.
/// </summary>
[Config(typeof(Rates))]
public class OpBenchmarks : IDisposable
{
    private CpuBackend? _backend;
    private Action<IBackend>[] _calls = [];
    private int _next;

    /// <summary>The id of a case.</summary>
    [ParamsSource(nameof(Cases))]
    public string Op { get; set; } = "";

    public static IEnumerable<string> Cases => OpCase.All.Where(c => c.IsSmall).Select(c => c.Id);

    [GlobalSetup]
    public void Setup()
    {
        OpCase which = Find(Op);
        _backend = new CpuBackend(Environment.ProcessorCount);
        _calls = [.. OpTimer.Copies(which.Prepare(), _backend, which.Bytes, Rates.Machine.L3Bytes ?? 0).Select(c => c.Again ?? c.Run)];
        _next = 0;
    }

    [Benchmark]
    public void Call()
    {
        _calls[_next](_backend!);   // set up before every case
        _next = _next + 1 == _calls.Length ? 0 : _next + 1;
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _backend?.Dispose();
        _calls = [];
        GC.Collect();   // copies of weights are native memory, which the collector does not see
        GC.WaitForPendingFinalizers();
        GC.SuppressFinalize(this);
    }

    private static OpCase Find(string id) => OpCase.All.Single(c => c.Id == id);

    private sealed class Rates : ManualConfig
    {
        public static Machine Machine { get; } = Machine.Current();

        private static readonly Lazy<Roofs> Measured =
            new(() => new RoofMeter(Machine, Environment.ProcessorCount, Effort.Full).Measure());

        public Rates()
        {
            AddJob(Job.Default.WithToolchain(new InProcessEmitToolchain(TimeSpan.FromHours(1), logOutput: false))
                .WithOutlierMode(OutlierMode.DontRemove).WithGcForce(false));
            SummaryStyle = SummaryStyle.Default.WithMaxParameterColumnWidth(60);
            AddColumn(new Rate("GB/s", (which, ns) => which.Bytes / ns));
            AddColumn(new Rate("Gop/s", (which, ns) => which.Flops / ns));
            AddColumn(new Rate("% of roof", PercentOfRoof));
        }

        private static double PercentOfRoof(OpCase which, double nanoseconds) => 100 * Measured.Value.Least(which.Bytes, which.Flops,
            which.Spec.Activations, which.Home(Machine, Environment.ProcessorCount)).Nanoseconds / nanoseconds;
    }

    /// <summary>A column made from the median time of a row.</summary>
    private sealed class Rate(string name, Func<OpCase, double, double> value) : IColumn
    {
        public string Id => name;

        public string ColumnName => name;

        public bool AlwaysShow => true;

        public ColumnCategory Category => ColumnCategory.Custom;

        public int PriorityInCategory => 0;

        public bool IsNumeric => true;

        public UnitType UnitType => UnitType.Dimensionless;

        public string Legend => $"{name}, from the spec, the median time and the roofs measured in the same run";

        public string GetValue(Summary summary, BenchmarkCase benchmarkCase)
        {
            double? median = summary[benchmarkCase]?.ResultStatistics?.Median;
            return median is { } ns ? $"{value(Find((string)benchmarkCase.Parameters[nameof(Op)]), ns):F1}" : "-";
        }

        public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) =>
            GetValue(summary, benchmarkCase);

        public bool IsAvailable(Summary summary) => true;

        public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;
    }
}
