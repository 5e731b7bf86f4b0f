using Puna.Runtime.Sampling;
using Puna.Runtime.Scheduling;
using Puna.TestKit;

namespace Puna.Runtime.Tests.Scheduling;

[Collection(AloneTests.Name)]
public class AllocationTests(DemoModel demo)
{
    [Theory, InlineData(1), InlineData(5)]
    public void A_hundred_decode_steps_allocate_nothing(int sequences)
    {
        using Engine engine = demo.Model.CreateEngine();
        for (int i = 0; i < sequences; i++)
        {
            engine.Add(demo.Model.Request(RecordedPrompt.Demo[i].Ids, maxTokens: 400) with
            {
                StopIds = [],
                Sampling = new SamplingOptions { Temperature = 0.8, TopP = 0.9, TopK = 40, RepetitionPenalty = 1.1, Seed = i },
            });
        }

        for (int warm = 0; warm < 20; warm++)
            engine.Step();

        // The runtime and the test host have threads of their own that allocate now and then; a step that did so would
        // show in every round.
        long[] allocated = new long[3];
        int tokens = 0;
        for (int round = 0; round < allocated.Length; round++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int step = 0; step < 100; step++)
                tokens += engine.Step().Count;
            allocated[round] = GC.GetTotalAllocatedBytes(precise: true) - before;
        }

        Assert.Equal(300 * sequences, tokens);
        Assert.Equal(0, allocated.Min());
    }
}
