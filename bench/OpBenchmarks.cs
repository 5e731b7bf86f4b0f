using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using Perfolizer.Mathematics.OutlierDetection;
using Puna.Kernels;
using Puna.Kernels.Cpu;

namespace Puna.Bench;

/// <summary>Every op of the CPU backend on the last shape of its spec, with the bytes and operations that the spec counts.</summary>
[InProcess]
[Outliers(OutlierMode.DontRemove)]
[Config(typeof(Rates))]
public class OpBenchmarks : IDisposable
{
    private CpuBackend? _backend;
    private OpCall? _call;

    /// <summary>The op and the dtype it reads.</summary>
    [ParamsSource(nameof(Cases))]
    public string Op { get; set; } = "";

    /// <summary>Threads.</summary>
    [Params(1, 2)]
    public int Threads { get; set; }

    public static IEnumerable<string> Cases => OpSpec.All.SelectMany(s => s.DTypes.Select(t => $"{s.Name} {t}"));

    [GlobalSetup]
    public void Setup()
    {
        (OpSpec spec, DType type) = Find(Op);
        _backend = new CpuBackend(Threads);
        _call = spec.Prepare(spec.Shapes[^1], type, new SeededValues(1));
    }

    [Benchmark]
    public void Call() => _call?.Run(_backend ?? throw new InvalidOperationException("not set up"));

    [GlobalCleanup]
    public void Dispose()
    {
        _backend?.Dispose();
        GC.SuppressFinalize(this);
    }

    private static (OpSpec Spec, DType Type) Find(string op)
    {
        string[] words = op.Split(' ');
        return (OpSpec.All.Single(s => s.Name == words[0]), Enum.Parse<DType>(words[1]));
    }

    private sealed class Rates : ManualConfig
    {
        public Rates()
        {
            AddColumn(new Rate("Shape", (spec, _, _) => $"[{string.Join(", ", spec.Shapes[^1])}]"));
            AddColumn(new Rate("GB/s", (spec, type, ns) => $"{spec.Bytes(spec.Shapes[^1], type) / ns:F1}"));
            AddColumn(new Rate("GFLOP/s", (spec, _, ns) => $"{spec.Flops(spec.Shapes[^1]) / ns:F1}"));
        }
    }

    /// <summary>A column made from the median time of a row.</summary>
    private sealed class Rate(string name, Func<OpSpec, DType, double, string> text) : IColumn
    {
        public string Id => name;

        public string ColumnName => name;

        public bool AlwaysShow => true;

        public ColumnCategory Category => ColumnCategory.Custom;

        public int PriorityInCategory => 0;

        public bool IsNumeric => name != "Shape";

        public UnitType UnitType => UnitType.Dimensionless;

        public string Legend => $"{name}, from the spec and the median time";

        public string GetValue(Summary summary, BenchmarkCase benchmarkCase)
        {
            (OpSpec spec, DType type) = Find((string)benchmarkCase.Parameters[nameof(Op)]);
            double? median = summary[benchmarkCase]?.ResultStatistics?.Median;
            return median is { } ns ? text(spec, type, ns) : "-";
        }

        public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) =>
            GetValue(summary, benchmarkCase);

        public bool IsAvailable(Summary summary) => true;

        public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;
    }
}
