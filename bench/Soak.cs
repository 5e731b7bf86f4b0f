using System.Diagnostics;
using System.Globalization;
using Puna.TestKit.Soak;

namespace Puna.Bench;

/// <summary>
/// <c>dotnet run -c Release --project bench -- soak --minutes N [--seed S] [--cases N]</c>: random small models in every mode on
/// random batches, the CPU backend against the reference, until the time is over. Exit code 1 after a difference.
/// </summary>
internal static class Soak
{
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(30);

    /// <summary>Runs cases seed, seed + 1, …</summary>
    public static int Run(string[] arguments)
    {
        double minutes = 1;
        int seed = 1, most = int.MaxValue;
        for (int i = 0; i < arguments.Length; i += 2)
        {
            string value = arguments.ElementAtOrDefault(i + 1) ?? "";
            bool isRight = arguments[i] switch
            {
                "--minutes" => double.TryParse(value, CultureInfo.InvariantCulture, out minutes) && minutes > 0,
                "--seed" => int.TryParse(value, out seed) && seed >= 0,
                "--cases" => int.TryParse(value, out most) && most > 0,
                _ => false,
            };
            if (!isRight)
            {
                Console.Error.WriteLine($"{arguments[i]} {value}: this was given, but --minutes, --seed or --cases with a number was expected.");
                return 2;
            }
        }

        return Run(TimeSpan.FromMinutes(minutes), seed, most);
    }

    private static int Run(TimeSpan time, int seed, int most)
    {
        SoakRun run = SoakRun.OfCpu();
        SoakTally tally = new();
        long start = Stopwatch.GetTimestamp();
        TimeSpan said = TimeSpan.Zero, spent = TimeSpan.Zero;
        for (int i = 0; i < most && (spent < time || i == 0); i++)
        {
            SoakOutcome outcome = run.Check(new SoakCase(seed + i));
            tally.Add(outcome);
            foreach (string problem in outcome.Problems)
                Console.WriteLine($"case {outcome.Case.Seed}: {problem}\n  {outcome.Case}\n  again: dotnet run -c Release --project bench -- soak --seed {outcome.Case.Seed} --cases 1");
            spent = Stopwatch.GetElapsedTime(start);
            if (spent - said > BetweenLines)
            {
                Console.WriteLine($"{spent.TotalMinutes:F1} min: {tally}");
                said = spent;
            }
        }

        Console.WriteLine($"\n{tally.Table}\n{spent.TotalMinutes:F1} min, seeds {seed} to {seed + tally.CaseCount - 1}: {tally}");
        return tally.ProblemCount == 0 ? 0 : 1;
    }
}
