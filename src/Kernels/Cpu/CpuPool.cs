using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Puna.Kernels.Cpu;

/// <summary>One item of a parallel piece of work.</summary>
/// <param name="work">What all items share.</param>
/// <param name="index">Which item.</param>
public delegate void WorkItem<TWork>(in TWork work, int index);

/// <summary>Which items a thread takes.</summary>
public enum ItemOrder
{
    /// <summary>The next that nobody has taken: items are begun in order, as far as several threads have an order.</summary>
    Shared,

    /// <summary>
    /// Each thread has a run of neighbouring items of its own, and helps the others when it is through: for items that stream
    /// neighbouring memory, which is then read from one end to the other.
    /// </summary>
    Runs,
}

/// <summary>
/// A fixed number of threads that share out the items of one piece of work at a time. Which thread does which item is
/// not defined, so an item's result must not depend on it. A thread that the system has not woken in time is not waited
/// for: the others do its share. Waiting threads spin for a moment, then sleep. Running allocates nothing once a kind of
/// work has been seen. Callers on several threads take turns.
/// </summary>
public sealed class CpuPool : IDisposable
{
    private const int SpinsBeforeSleep = 5_000;   // about 200 microseconds: longer than the gap between two ops
    private const long Open = 1;                  // in the announced state, above which is the job's number: workers may still join
    private readonly Worker[] _workers;
    private readonly Lock _turn = new();
    private readonly Dictionary<Type, object> _jobs = [];   // a Job<TWork> for each TWork seen
    private readonly AloneInLine[] _next;   // the first item of each run that nobody has taken
    private readonly AloneInLine[] _seats;   // of each worker: 2 · job + 1 while it is inside, 2 · job when it is through
    private Announcement _announced;
    private long _job;
    private volatile bool _stopping;

    /// <summary>Starts <paramref name="threads"/> − 1 threads; the caller of <see cref="Run"/> is the last one.</summary>
    /// <param name="threads">How many threads work at once, at least 1.</param>
    public CpuPool(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        _next = new AloneInLine[threads];
        _seats = new AloneInLine[threads];
        _workers = new Worker[threads - 1];
        for (int i = 0; i < _workers.Length; i++)
            _workers[i] = new Worker(this, i + 1);
    }

    /// <summary>Threads that work at once, the caller included.</summary>
    public int ThreadCount => _workers.Length + 1;

    /// <summary>Does items 0 to <paramref name="count"/> − 1 of <paramref name="work"/> and returns when all are done.</summary>
    /// <param name="count">Number of items.</param>
    /// <param name="work">What all items share.</param>
    /// <param name="body">Does one item and calls no pool; a static method, so that nothing is allocated.</param>
    /// <param name="grain">
    /// Items that a thread takes at once, at least 1; when there are no more than that, the caller does them and wakes nobody.
    /// For small items, as many as take some microseconds.
    /// </param>
    /// <param name="order">Which items a thread takes.</param>
    public void Run<TWork>(int count, in TWork work, WorkItem<TWork> body, int grain = 1, ItemOrder order = ItemOrder.Shared)
    {
        if (count <= grain || _workers.Length == 0)
        {
            for (int i = 0; i < count; i++)
                body(in work, i);
            return;
        }

        lock (_turn)
        {
            Job<TWork> job = JobOf<TWork>();
            job.Prepare(count, grain, order == ItemOrder.Runs ? ThreadCount : 1, work, body);
            _announced.TakeItems = job.TakeItems;
            Announce();

            job.TakeItems(0);
            WaitForThoseInside();
            job.Finish();
        }
    }

    /// <summary>How many items of <paramref name="size"/> make up about <paramref name="wanted"/>, at least 1.</summary>
    internal static int GrainOf(long wanted, long size) => (int)Math.Max(1, wanted / Math.Max(1, size));

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopping = true;
        Announce();
        foreach (Worker worker in _workers)
            worker.Dispose();
    }

    private Job<TWork> JobOf<TWork>()
    {
        if (!_jobs.TryGetValue(typeof(TWork), out object? job))
            _jobs[typeof(TWork)] = job = new Job<TWork>(this);
        return (Job<TWork>)job;
    }

    private void Announce()
    {
        _job++;
        Interlocked.Exchange(ref _announced.State, _job << 1 | Open);
        foreach (Worker worker in _workers)
            worker.Wake();
    }

    /// <summary>No item is left: who has not joined by now need not.</summary>
    private void WaitForThoseInside()
    {
        bool isClosed = false;
        for (int i = 1; i < _seats.Length; i++)
        {
            SpinWait spin = default;
            for (long seat = Seat(i); seat != _job << 1; seat = Seat(i))
            {
                if (seat == (_job << 1 | 1))
                {
                    spin.SpinOnce(sleep1Threshold: -1);
                }
                else if (isClosed)
                {
                    break;
                }
                else
                {
                    Interlocked.Exchange(ref _announced.State, _job << 1);   // then look again: it sat down before this, or never will
                    isClosed = true;
                }
            }
        }
    }

    private long Seat(int worker) => Volatile.Read(ref _seats[worker].Value);

    /// <summary>A thread with a bed of its own: a wake-up meant for one can't be taken by another.</summary>
    private sealed class Worker : IDisposable
    {
        private readonly CpuPool _pool;
        private readonly Thread _thread;
        private readonly int _number;
        private readonly SemaphoreSlim _wake = new(0);
        private int _asleep;   // 1 from before the last look at the job count until somebody owes, or gave, a wake-up

        public Worker(CpuPool pool, int number)
        {
            (_pool, _number) = (pool, number);
            _thread = new Thread(Work) { IsBackground = true, Name = $"puna {number}" };
            _thread.Start();
        }

        public void Wake()
        {
            if (Volatile.Read(ref _asleep) == 1 && Interlocked.Exchange(ref _asleep, 0) == 1)
                _wake.Release();
        }

        public void Dispose()
        {
            _thread.Join();
            _wake.Dispose();
        }

        private void Work()
        {
            long seen = 0;   // number of the last job joined, or missed
            while (true)
            {
                WaitForNext(seen);
                if (_pool._stopping)
                    return;
                long state = State;
                seen = state >> 1;
                if ((state & Open) != 0)
                    Join(state);
            }
        }

        private long State => Volatile.Read(ref _pool._announced.State);

        private void Join(long state)
        {
            // Either the caller sees the seat taken and waits, or this sees that the job is closed.
            ref long seat = ref _pool._seats[_number].Value;
            Interlocked.Exchange(ref seat, state);
            if (State == state)
                _pool._announced.TakeItems!(_number);   // set before the job was announced, and kept while somebody is inside
            Volatile.Write(ref seat, state & ~Open);
        }

        private void WaitForNext(long seen)
        {
            for (int i = 0; i < SpinsBeforeSleep; i++)
            {
                if (State >> 1 != seen)
                    return;
                Thread.SpinWait(1);
            }

            // Either this sees the new job, or who made it sees that this sleeps.
            Interlocked.Exchange(ref _asleep, 1);
            if (State >> 1 == seen || Interlocked.Exchange(ref _asleep, 0) == 0)
                _wake.Wait();
        }
    }

    private sealed class Job<TWork>
    {
        private readonly CpuPool _pool;
        private TWork _work = default!;
        private WorkItem<TWork>? _body;
        private int _count, _grain, _runs;
        private Exception? _failure;

        public Job(CpuPool pool) => (_pool, TakeItems) = (pool, TakeAll);

        /// <summary>Takes items until none is left; one delegate for good, so that running allocates nothing.</summary>
        public Action<int> TakeItems { get; }

        public void Prepare(int count, int grain, int runs, in TWork work, WorkItem<TWork> body)
        {
            (_count, _grain, _runs, _work, _body, _failure) = (count, grain, runs, work, body, null);
            for (int run = 0; run < runs; run++)
                Volatile.Write(ref _pool._next[run].Value, StartOf(run));
        }

        public void Finish()
        {
            _work = default!;   // hold no buffers alive
            if (_failure is not null)
                ExceptionDispatchInfo.Throw(_failure);
        }

        private long StartOf(int run) => (long)_count * run / _runs;

        private void TakeAll(int thread)
        {
            try
            {
                for (int i = 0; i < _runs; i++)
                    TakeRun((thread + i) % _runs);
            }
            catch (Exception e)
            {
                for (int run = 0; run < _runs; run++)
                    Volatile.Write(ref _pool._next[run].Value, _count);   // the other threads stop early; the caller hears of it
                Interlocked.CompareExchange(ref _failure, e, null);
            }
        }

        private void TakeRun(int run)
        {
            long end = StartOf(run + 1);
            ref long next = ref _pool._next[run].Value;
            for (long i = Interlocked.Add(ref next, _grain) - _grain; i < end; i = Interlocked.Add(ref next, _grain) - _grain)
            {
                for (int item = (int)i, last = (int)Math.Min(end, i + _grain); item < last; item++)
                    _body!(in _work, item);
            }
        }
    }

    /// <summary>A number with cache lines of its own: writing it takes nothing else from the other cores' caches.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct AloneInLine
    {
        [FieldOffset(128)]
        public long Value;
    }

    /// <summary>What workers watch: one cache line tells them all.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Announcement
    {
        [FieldOffset(128)]
        public long State;

        [FieldOffset(136)]
        public Action<int>? TakeItems;
    }
}
