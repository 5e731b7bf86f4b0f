using System.Collections.Immutable;
using Puna.Kernels;
using Puna.Runtime.Scheduling;
using Puna.TestKit;

namespace Puna.Runtime.Tests;

/// <summary>What holds bit for bit in every mode: who shares a batch, pieces of prompts and threads change nothing.</summary>
public class ModeLawTests
{
    public static TheoryData<DType?, ActivationType?, DType?> Modes => new()
    {
        { null, ActivationType.BF16, null },
        { DType.F8E4M3, null, null },
        { DType.I8, null, DType.I8 },
        { DType.I8, ActivationType.F32, null },
    };

    [Theory, MemberData(nameof(Modes))]
    public void Company_pieces_and_threads_change_no_bit_of_a_probability(
        DType? weights, ActivationType? activations, DType? cache)
    {
        ModelOptions options = new() { Weights = weights, Activations = activations, CacheType = cache };
        using LanguageModel two = LanguageModel.Load(Goldens.Demo, options with { Threads = 2 });
        using LanguageModel three = LanguageModel.Load(Goldens.Demo, options with { Threads = 3 });
        GenerationRequest[] requests = [.. RecordedPrompt.Demo.Take(4).Select(p => Request(two, p))];

        ImmutableArray<Answer> expected = [.. requests.Select(r => two.Generate(r))];

        AssertSame(expected, two.GenerateAll(requests));
        AssertSame(expected, two.GenerateAll(requests, new EngineOptions { MaxStepRows = 7, MaxSequences = 2 }));
        AssertSame(expected, three.GenerateAll(requests));
    }

    private static GenerationRequest Request(LanguageModel model, RecordedPrompt prompt)
    {
        GenerationRequest request = model.Request(prompt.Ids, maxTokens: 6) with { StopIds = [] };
        return request with { Sampling = request.Sampling with { LogprobCount = 0 } };
    }

    private static void AssertSame(ImmutableArray<Answer> expected, ImmutableArray<Answer> actual)
    {
        foreach ((Answer one, Answer other) in expected.Zip(actual))
        {
            Assert.Equal(one.Ids, other.Ids);
            Assert.Equal(one.Logprobs, other.Logprobs);
        }
    }
}
