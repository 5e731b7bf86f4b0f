using System.Collections.Immutable;
using Puna.Kernels;
using Puna.Runtime.Sampling;
using Puna.Runtime.Scheduling;
using Puna.TestKit;

namespace Puna.Runtime.Tests.Scheduling;

[Collection(DemoTests.Name)]
public class EngineTests(DemoModel demo)
{
    private readonly LanguageModel _model = demo.Model;

    [Fact]
    public void Recorded_answers_come_out_alone_and_all_in_one_batch()
    {
        RecordedPrompt[] prompts = [.. RecordedPrompt.Demo.Where(p => p.SmallestGap > 0.002)];
        GenerationRequest[] requests = [.. prompts.Select(p => demo.Exact.Request(p.Ids, maxTokens: 100))];

        ImmutableArray<Answer> together = demo.Exact.GenerateAll(requests);

        for (int i = 0; i < prompts.Length; i++)
        {
            Assert.Equal(prompts[i].AnswerIds, together[i].Ids);
            Assert.Equal(prompts[i].Answer, together[i].Text + "<|eot_id|>");
            Assert.Equal(FinishReason.Stop, together[i].FinishReason);
            Assert.Equal(together[i].Ids, demo.Exact.Generate(requests[i]).Ids);
        }
    }

    [Theory, InlineData(1), InlineData(7), InlineData(64)]
    public void Pieces_of_prompts_and_a_full_cache_change_no_sampled_token(int maxStepRows)
    {
        GenerationRequest[] requests =
        [
            .. RecordedPrompt.Demo.Select((p, i) => _model.Request(p.Ids, maxTokens: 12) with
            {
                StopIds = [],
                Sampling = new SamplingOptions { Temperature = 1.5, TopP = 0.95, Seed = i, PresencePenalty = 0.5, LogprobCount = 0 },
            }),
        ];
        EngineOptions narrow = new() { MaxStepRows = maxStepRows, CacheTokens = 700, MaxSequences = 4 };

        ImmutableArray<Answer> expected = _model.GenerateAll(requests);
        ImmutableArray<Answer> actual = _model.GenerateAll(requests, narrow);

        for (int i = 0; i < requests.Length; i++)
        {
            Assert.Equal(expected[i].Ids, actual[i].Ids);
            Assert.Equal(expected[i].Logprobs, actual[i].Logprobs);
        }
    }

    [Fact]
    public void A_seed_gives_the_same_answer_again_and_another_seed_another()
    {
        GenerationRequest request = _model.Request(RecordedPrompt.Demo[6].Ids, maxTokens: 30) with
        {
            Sampling = new SamplingOptions { Temperature = 1.2, Seed = 1 },
        };

        Answer first = _model.Generate(request), again = _model.Generate(request);
        Answer other = _model.Generate(request with { Sampling = request.Sampling with { Seed = 2 } });

        Assert.Equal(first.Ids, again.Ids);
        Assert.NotEqual(first.Ids, other.Ids);
    }

    [Fact]
    public void An_answer_ends_at_its_longest_and_ignoring_stops_runs_on()
    {
        GenerationRequest request = demo.Exact.Request(RecordedPrompt.Demo[0].Ids, maxTokens: 9);

        Answer cut = demo.Exact.Generate(request with { MaxTokens = 2 });
        Answer on = demo.Exact.Generate(request with { StopIds = [] });

        Assert.Equal((2, FinishReason.Length), (cut.Ids.Length, cut.FinishReason));
        Assert.Equal((9, FinishReason.Length), (on.Ids.Length, on.FinishReason));
        Assert.Equal(RecordedPrompt.Demo[0].AnswerIds, on.Ids[..3]);
    }

    [Fact]
    public void Nothing_asked_is_nothing_answered()
    {
        Answer answer = _model.Generate(_model.Request(RecordedPrompt.Demo[0].Ids, maxTokens: 0));

        Assert.Equal((0, "", FinishReason.Length), (answer.Ids.Length, answer.Text, answer.FinishReason));
    }

    [Fact]
    public void A_stop_text_ends_the_answer_before_itself_across_token_borders()
    {
        GenerationRequest request = demo.Exact.Request(RecordedPrompt.Demo[9].Ids) with { StopTexts = ["is Bra", "nowhere"] };

        List<AnswerPiece> pieces = [.. demo.Exact.Stream(request)];

        Assert.Equal("The capital of Slovakia ", string.Concat(pieces.Select(p => p.Text)));
        Assert.Equal(FinishReason.Stop, pieces[^1].FinishReason);
        Assert.All(pieces.SkipLast(1), p => Assert.Null(p.FinishReason));
    }

    [Fact]
    public void Cancelling_stops_within_one_step_and_frees_the_engine()
    {
        using CancellationTokenSource source = new();
        using Engine engine = _model.CreateEngine();
        GenerationRequest request = _model.Request(RecordedPrompt.Demo[6].Ids, maxTokens: 50) with { StopIds = [] };
        List<AnswerPiece> pieces = [];

        Assert.Throws<OperationCanceledException>(() =>
        {
            foreach (AnswerPiece piece in AnswerLoop.Run(engine, _model.Tokenizer, [request, request], source.Token))
            {
                pieces.Add(piece);
                if (pieces.Count == 6)
                    source.Cancel();
            }
        });

        Assert.Equal(6, pieces.Count);
        Assert.Equal(0, engine.ActiveCount);
        Assert.Single(AnswerLoop.Run(engine, _model.Tokenizer, [request with { MaxTokens = 1 }], default));
    }

    [Fact]
    public void What_cannot_fit_is_refused_before_work_starts()
    {
        using Engine engine = _model.CreateEngine(new EngineOptions { CacheTokens = 100 });
        GenerationRequest request = _model.Request([.. Enumerable.Repeat(300, 2000)], maxTokens: 49);

        OutOfCapacityException context = Assert.Throws<OutOfCapacityException>(() => engine.Add(request));
        OutOfCapacityException prompt = Assert.Throws<OutOfCapacityException>(() =>
            engine.Add(request with { PromptIds = [.. Enumerable.Repeat(300, 2049)], MaxTokens = 0 }));
        OutOfCapacityException cache = Assert.Throws<OutOfCapacityException>(() => engine.Add(request with { MaxTokens = 48 }));

        Assert.Equal("context: the prompt has 2,000 tokens and up to 49 may follow, but the model has a context of 2,048 tokens. "
            + "Shorten the prompt or ask for fewer tokens.", context.Message);
        Assert.Equal("context: the prompt has 2,049 tokens, but the model has a context of 2,048 tokens. Shorten the prompt.", prompt.Message);
        Assert.Equal("cache: the prompt has 2,000 tokens and up to 48 may follow, but the cache has room for 112. "
            + "Shorten the prompt, ask for fewer tokens, or make the cache larger.", cache.Message);
        Assert.Equal(0, engine.ActiveCount);
    }

    [Fact]
    public void Ids_outside_the_vocabulary_are_refused()
    {
        ArgumentException e = Assert.Throws<ArgumentException>(() => _model.Generate(_model.Request([5, 2304])));

        Assert.Equal("prompt: token id 2304, but the vocabulary has ids 0 to 2303. Do tokenizer and weights belong to the same model?", e.Message);
    }

    [Fact]
    public void A_whole_context_can_be_used()
    {
        GenerationRequest request = _model.Request([.. Enumerable.Range(0, 2040).Select(i => 256 + i % 1000)]);

        Answer answer = _model.Generate(request with { StopIds = [] });

        Assert.Equal(8, answer.Ids.Length);
    }
}
