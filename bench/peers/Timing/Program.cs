using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Puna.Runtime;
using Puna.Runtime.Loading;
using Puna.Timing;
using Puna.Tools;

// Times a model as llama-bench does: load, warm up, then prompts and generations in turn. The options of the model are
// those of `puna run`.
var model = new ModelArguments();
Option<int?> prompt = Flags.Number("-p", "N", 1, 1 << 20, "Tokens of the prompt [default: 512]");
Option<int?> generated = Flags.Number("-n", "N", 1, 1 << 20, "Tokens to generate [default: 64]");
Option<int?> repetitions = Flags.Number("-r", "N", 1, 1000, "Measurements of each [default: 1]");
RootCommand command = new("Prints one line of JSON: tokens per second of prompts and of generation.")
{
    prompt, generated, repetitions,
};
model.AddTo(command);
model.AddOptionsTo(command);
command.SetAction(parsed =>
{
    long start = Stopwatch.GetTimestamp();
    using LanguageModel loaded = model.Load(parsed, Terminal.OfProcess(), new ModelOptions { Text = TextUse.IdsOnly });
    double load = Stopwatch.GetElapsedTime(start).TotalSeconds;

    using Passes passes = new(loaded, parsed.GetValue(prompt) ?? 512, parsed.GetValue(generated) ?? 64);
    passes.WarmUp();
    (double Prompt, double Generated)[] rates =
        [.. Enumerable.Range(0, parsed.GetValue(repetitions) ?? 1).Select(_ => (passes.Prompt(), passes.Generate()))];

    using Process self = Process.GetCurrentProcess();
    Console.WriteLine(JsonSerializer.Serialize(new
    {
        prompt_tokens_per_second = rates.Select(r => r.Prompt),
        generated_tokens_per_second = rates.Select(r => r.Generated),
        load_seconds = load,
        peak_bytes = self.PeakWorkingSet64,
    }));
});

try
{
    return command.Parse(args).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Exception failure) when (failure is ModelFormatException or IOException or CommandException)
{
    Console.Error.WriteLine($"puna-timing: {failure.Message}");
    return 1;
}
