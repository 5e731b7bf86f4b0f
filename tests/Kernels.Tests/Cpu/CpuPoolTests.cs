using Puna.Kernels.Cpu;

namespace Puna.Kernels.Tests.Cpu;

public class CpuPoolTests
{
    [Theory, InlineData(1), InlineData(2), InlineData(3), InlineData(7)]
    public void Every_item_is_done_once_however_often_threads_fall_asleep(int threads)
    {
        using CpuPool pool = new(threads);
        int[] counts = new int[50];

        for (int round = 0; round < 300; round++)
        {
            pool.Run(counts.Length, counts, static (in int[] c, int i) => Interlocked.Increment(ref c[i]));
            if (round % 30 == 0)
                Assert.True(SpinWait.SpinUntil(() => false, 3) is false);   // long enough for the others to fall asleep
        }

        Assert.All(counts, c => Assert.Equal(300, c));
    }

    [Theory, InlineData(1), InlineData(2), InlineData(3), InlineData(7)]
    public void Every_item_is_done_once_in_any_order_and_grain(int threads)
    {
        using CpuPool pool = new(threads);
        foreach (ItemOrder order in Enum.GetValues<ItemOrder>())
        {
            foreach (int grain in (int[])[1, 2, 3, 5, 49, 50, 51, 1000])
            {
                for (int count = 0; count < 60; count++)
                {
                    int[] counts = new int[count];

                    pool.Run(count, counts, static (in int[] c, int i) => Interlocked.Increment(ref c[i]), grain, order);

                    Assert.All(counts, c => Assert.Equal(1, c));
                }
            }
        }
    }

    [Fact]
    public void Few_items_stay_with_the_caller()
    {
        using CpuPool pool = new(3);
        int[] threads = new int[40];

        for (int round = 0; round < 50; round++)
        {
            pool.Run(threads.Length, threads, static (in int[] t, int i) => t[i] = Environment.CurrentManagedThreadId, grain: 40);
            Assert.All(threads, t => Assert.Equal(Environment.CurrentManagedThreadId, t));
        }
    }

    [Fact]
    public void A_thread_that_is_through_with_its_run_helps_the_others()
    {
        using CpuPool pool = new(2);
        using ManualResetEventSlim isLastDone = new(false);

        // item 0 ends when the last item of the same thread's run is done, which the other thread must do
        pool.Run(8, isLastDone, static (in ManualResetEventSlim done, int i) =>
        {
            if (i == 0)
                Assert.True(done.Wait(TimeSpan.FromSeconds(60)));
            else if (i == 3)
                done.Set();
        }, order: ItemOrder.Runs);
    }

    [Fact]
    public void Callers_on_several_threads_take_turns()
    {
        using CpuPool pool = new(2);
        int[][] counts = [new int[64], new int[64], new int[64]];

        Parallel.ForEach(counts, mine =>
        {
            for (int round = 0; round < 200; round++)
                pool.Run(mine.Length, mine, static (in int[] c, int i) => c[i]++);
        });

        Assert.All(counts.SelectMany(c => c), c => Assert.Equal(200, c));
    }

    [Fact]
    public void A_failure_reaches_the_caller_and_the_pool_works_on()
    {
        using CpuPool pool = new(3);

        InvalidOperationException e = Assert.Throws<InvalidOperationException>(() =>
            pool.Run(100, 17, static (in int bad, int i) =>
            {
                if (i == bad)
                    throw new InvalidOperationException($"item {i}");
            }));
        int[] done = [0];
        pool.Run(100, done, static (in int[] d, int _) => Interlocked.Increment(ref d[0]));

        Assert.Equal("item 17", e.Message);
        Assert.Equal(100, done[0]);
    }

    [Fact]
    public void Running_allocates_nothing_once_the_work_is_known()
    {
        using CpuPool pool = new(2);
        int[] sink = new int[1];
        Run(pool, sink);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
            Run(pool, sink);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        static void Run(CpuPool pool, int[] sink) =>
            pool.Run(4, sink, static (in int[] s, int _) => Interlocked.Increment(ref s[0]));
    }
}
