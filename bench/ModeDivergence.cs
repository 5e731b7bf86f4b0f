using System.Globalization;
using Puna.Kernels;
using Puna.Runtime;
using Puna.Runtime.Evaluation;
using Puna.Runtime.Models;
using Puna.Runtime.Scheduling;
using Puna.Tools.Measure;

namespace Puna.Bench;

/// <summary>
/// <c>dotnet run -c Release --project bench -- divergence MODEL TEXT [TOKENS]</c>: how far every mode is from exact inference on
/// a text, beside what llama.cpp's Q8_0 rounds.
/// </summary>
internal static class ModeDivergence
{
    private const int UsualTokens = 1000;

    /// <summary>Prints a table.</summary>
    public static int Run(string[] arguments)
    {
        if (arguments is not [string folder, string file, ..] || !File.Exists(file)
            || !int.TryParse(arguments.ElementAtOrDefault(2) ?? $"{UsualTokens}", out int most) || most < 1)
        {
            Console.Error.WriteLine("usage: divergence MODEL TEXT [TOKENS]: a model folder, a text file, and how many tokens of it are used [default: 1000]");
            return 2;
        }

        using LanguageModel exact = LanguageModel.Load(folder, ModelOptions.Exact);
        if (exact.Tokenizer is not { } tokenizer)
        {
            Console.Error.WriteLine($"{folder}: the folder has no tokenizer, but one is needed to read the text.");
            return 3;
        }

        int[] ids = tokenizer.Encode(File.ReadAllText(file));
        ids = ids[..Math.Min(Math.Min(most, exact.Config.ContextLength - 1), ids.Length)];
        using Scorer scorer = exact.CreateScorer(ids.Length + 1);
        DivergenceResult Compare(Scorer fast) => Divergence.Measure(ids, tokenizer.BosId, ids.Length, scorer, fast);

        Console.WriteLine($"KL(exact ‖ mode) of {folder} on the first {ids.Length} tokens of {Path.GetFileName(file)}, in nats\n");
        Console.WriteLine("| weights | activations | cache | mean KL | 99 % below | largest | same top token |");
        Console.WriteLine("|---|---|---|--:|--:|--:|--:|");
        foreach (ModelOptions options in Modes())
        {
            if (Load(folder, options) is not { } model)
                continue;
            using (model)
            {
                using Scorer fast = model.CreateScorer(ids.Length + 1);
                ModelMode mode = model.Mode;
                Print($"{(mode.Weights is { } weights ? Word(weights) : "as stored")} | {mode.Activations} | {mode.CacheType}", Compare(fast));
            }
        }

        foreach ((BlockMode mode, string name) in new[]
        {
            (BlockMode.Weights, "Q8_0 (llama.cpp) | F32 | F32"), (BlockMode.WeightsAndActivations, "Q8_0 (llama.cpp) | Q8_0 | F32"),
            (BlockMode.WithHalfCache, "Q8_0 (llama.cpp) | Q8_0 | F16"),
        })
        {
            using BlockBackend backend = new(exact.Backend, mode);
            using Scorer fast = new(exact.Config, exact.Weights, backend, ids.Length + 1);
            Print(name, Compare(fast));
        }

        return 0;
    }

    private static IEnumerable<ModelOptions> Modes() =>
        from weights in new DType?[] { null, DType.F8E4M3, DType.I8 }
        from activations in Enum.GetValues<ActivationType>()
        from cache in new[] { DType.F32, DType.BF16, DType.I8 }
        where (weights, activations, cache) != (null, ActivationType.F32, DType.F32)
        select new ModelOptions { Weights = weights, Activations = activations, CacheType = cache };

    // null where options do not go together: bytes meet bytes alone, and finer weights no rounded activations
    private static LanguageModel? Load(string folder, ModelOptions options)
    {
        try
        {
            return LanguageModel.Load(folder, options);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static void Print(string mode, DivergenceResult result)
    {
        double[] sorted = [.. result.Nats.Order()];
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {mode} | {result.Mean:0.0000000} | {sorted[(int)(0.99 * (sorted.Length - 1))]:0.000000} | {sorted[^1]:0.00000} | {100 * result.Agreement:0.00} % |"));
    }

    private static string Word(DType type) => type switch
    {
        DType.I8 => "INT8, a scale per row and segment",
        DType.F8E4M3 => "FP8, a scale per row",
        _ => type.ToString(),
    };
}
