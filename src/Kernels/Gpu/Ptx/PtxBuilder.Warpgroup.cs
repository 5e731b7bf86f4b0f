using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

public sealed partial class PtxBuilder
{
    private const int WarpgroupThreads = 128;

    /// <summary>The warpgroup takes registers up to this many per thread, and waits until there are as many; sm_90a.</summary>
    /// <param name="registers">24 to 256, a multiple of 8, not less than it has.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void TakeRegisters(int registers, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        SetRegisters("inc", registers, file, line);

    /// <summary>The warpgroup gives registers back and keeps this many per thread; sm_90a.</summary>
    /// <param name="registers">24 to 256, a multiple of 8, not more than it has.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void GiveRegisters(int registers, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        SetRegisters("dec", registers, file, line);

    private void SetRegisters(string direction, int registers, string file, int line)
    {
        if (registers is < 24 or > 256 || registers % 8 != 0)
            throw Fail($"a warpgroup was given {registers} registers per thread, but a multiple of 8 from 24 to 256 was expected");
        if (Threads.Count % WarpgroupThreads != 0)
            throw Fail($"registers move between warpgroups, but a block of {Threads.Count} threads is not made of warpgroups of {WarpgroupThreads}");
        Emit($"setmaxnreg.{direction}.sync.aligned.u32", 80, GpuArch.Sm90a, registers);
        At(file, line);
    }
}
