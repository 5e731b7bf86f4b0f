using BenchmarkDotNet.Attributes;
using Perfolizer.Mathematics.OutlierDetection;
using Puna.Tokenizer;

namespace Puna.Bench;

/// <summary>
/// One thread over 10 MB of documents. The time is per 10^6 bytes, so 10,000 µs are 100 MB/s. Llama 3's vocabulary is
/// taken from beside the repository, where it is; the demo's is always there.
/// </summary>
[InProcess]
[WarmupCount(3)]
[MinIterationCount(8)]
[MaxIterationCount(12)]
[Outliers(OutlierMode.DontRemove)]
[MemoryDiagnoser]
public class TokenizerBenchmarks
{
    private const int Megabytes = 10;

    private BpeTokenizer? _tokenizer;
    private string[] _documents = [];
    private int[][] _ids = [];
    private readonly List<int> _buffer = new(1 << 16);

    /// <summary>A folder, relative to the repository.</summary>
    [ParamsSource(nameof(Models))]
    public string Model { get; set; } = "";

    public static IEnumerable<string> Models => new[] { "../shared/data/llama3-tokenizer", "models/demo" }
        .Where(folder => Directory.Exists(Path.Combine(TokenizerPeers.Repository(), folder)));

    [GlobalSetup]
    public void Setup()
    {
        string repository = TokenizerPeers.Repository();
        _tokenizer = BpeTokenizer.Load(Path.Combine(repository, Model));
        _documents = [.. TokenizerText.Generate(_tokenizer, repository, Megabytes * 1_000_000, seed: 1)];
        _ids = _tokenizer.EncodeAll(_documents);
    }

    [Benchmark(OperationsPerInvoke = Megabytes)]
    public int Encode()
    {
        int count = 0;
        foreach (string document in _documents)
        {
            _buffer.Clear();
            _tokenizer?.Encode(document, SpecialTokenHandling.AsText, _buffer);
            count += _buffer.Count;
        }

        return count;
    }

    [Benchmark(OperationsPerInvoke = Megabytes)]
    public int Decode()
    {
        int count = 0;
        foreach (int[] ids in _ids)
            count += _tokenizer?.Decode(ids).Length ?? 0;
        return count;
    }

    /// <summary>Here the time is that of one load.</summary>
    [Benchmark]
    public BpeTokenizer Load() => BpeTokenizer.Load(Path.Combine(TokenizerPeers.Repository(), Model));
}
