namespace Puna.Kernels.Gpu.Emulator;

/// <summary>
/// Runs the work of a queue in order, but for launches that start early: their part before griddepcontrol.wait runs
/// before their predecessor, which is as early as programmatic dependent launch allows (CUDA programming guide), so
/// that what is done too early is seen.
/// </summary>
/// <param name="emulator">Runs launches.</param>
/// <param name="isChecked">Whether to start launches early: it shows mistakes and has no other use.</param>
/// <param name="done">Is given what each launch showed.</param>
internal sealed class EmulatedQueue(PtxEmulator emulator, bool isChecked, Action<LaunchReport> done)
{
    /// <summary>Runs all of it.</summary>
    public void Run(IReadOnlyList<EmulatedWork> works)
    {
        List<StartedLaunch> open = [];
        try
        {
            int next = 0;
            while (next < works.Count)
                next += RunNext(works, next, open);
        }
        finally
        {
            open.ForEach(l => l.Dispose());
        }
    }

    // open: launches that have started, in order; at most the first has begun before this call
    private int RunNext(IReadOnlyList<EmulatedWork> works, int at, List<StartedLaunch> open)
    {
        if (works[at].Launch is not { } launch)
        {
            works[at].Act!();   // no launch, so an act
            return 1;
        }

        if (open.Count == 0)
            open.Add(Begin(launch));
        if (isChecked)
            StartSuccessors(works, at + 1, open);
        open[0].RunToEnd();
        for (int i = 1; i < open.Count; i++)
            open[0].ReportEarly(open[i]);

        int finished = 0;
        while (open.Count > 0 && (finished == 0 || open[0].IsFinished))
        {
            using StartedLaunch ended = open[0];
            open.RemoveAt(0);
            done(ended.Finish());
            finished++;
        }

        return finished;
    }

    // A launch that ends without waiting lets its own successor go on, although the one before has not even begun.
    private void StartSuccessors(IReadOnlyList<EmulatedWork> works, int at, List<StartedLaunch> open)
    {
        while (at < works.Count && works[at].Launch is { StartsEarly: true } launch && (open.Count == 1 || open[^1].IsFinished))
        {
            StartedLaunch successor = Begin(launch);
            open.Add(successor);
            if (open.Count == 2)
                successor.RunEarly();
            else
                successor.RunToEnd();
            at++;
        }
    }

    private StartedLaunch Begin(EmulatedLaunch l) =>
        emulator.Begin(l.Program, l.Grid, l.Kernel.Block, l.Arguments, l.Kernel.DynamicSharedBytes, l.Kernel.Cluster);
}
