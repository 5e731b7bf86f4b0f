using System.Globalization;
using Puna.Kernels.Gpu.Cuda;

namespace Puna.Kernels.Tests.Gpu.Cuda;

/// <summary>Every call of a whole session fails once, in turn.</summary>
public sealed class CudaFailureTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("puna-cubins-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(999, "none"), InlineData(2, "none"), InlineData(700, "none"), InlineData(719, "none")]
    [InlineData(999, "empty"), InlineData(700, "empty"), InlineData(999, "filled"), InlineData(700, "filled")]
    public void A_call_that_fails_is_named_leaks_nothing_and_does_not_spoil_the_next_session(int result, string cache)
    {
        int count = Session(-1, result, cache, out _);
        HashSet<string> failed = [];

        for (int i = 0; i < count; i++)
        {
            Session(i, result, cache, out string call);
            failed.Add(call);
        }

        Assert.InRange(failed.Count, cache == "empty" ? 45 : 41, 60);
    }

    // One session with the failure, and one without. The number of calls of the first.
    private int Session(int failAt, int result, string cache, out string failed)
    {
        using FakeDriver driver = new();
        ContractKernels.Teach(driver);
        CudaOptions options = new() { ChunkBytes = 2 << 20, CacheFolder = cache == "none" ? null : _folder };
        if (cache == "filled")
            CudaScenario.Run(driver, options);
        else
            Array.ForEach(Directory.GetFiles(_folder), File.Delete);
        driver.Calls.Clear();
        (driver.FailAt, driver.FailWith) = (failAt, result);

        Exception? error = CudaScenario.Run(driver, options);

        failed = driver.Failed ?? "";
        int count = driver.Calls.Count;
        string where = $"{result} from call {failAt} ({failed}): {error?.Message}\n";
        Assert.True(error is null || NamesFailure(error, failed, result), where);
        Assert.True(driver.Outstanding.Length == 0, where + driver.Outstanding);
        Assert.True(driver.Complaints.Count == 0, where + string.Join('\n', driver.Complaints));

        driver.FailAt = -1;
        Assert.Null(CudaScenario.Run(driver, options));
        Assert.Equal("", driver.Outstanding);
        return count;
    }

    // A call that gives something back does not throw; the next one hears of the kernel that failed, and says so.
    private static bool NamesFailure(Exception error, string call, int result) =>
        error.Message.StartsWith(GivesBack(call) && result is 700 or 719 ? "CudaGpu: cu" : $"CudaGpu: {call}", StringComparison.Ordinal)
        && error.Message.Contains($" gave {result.ToString(CultureInfo.InvariantCulture)} CUDA_ERROR_", StringComparison.Ordinal)
        && error is OutOfCapacityException == (result == 2)
        && error.Message.Contains("queued before", StringComparison.Ordinal) == result is 700 or 719;

    private static bool GivesBack(string call) => call.EndsWith("Destroy", StringComparison.Ordinal)
        || call is "cuMemFree" or "cuMemFreeHost" or "cuModuleUnload" or "cuStreamSynchronize" or "cuCtxSetCurrent";
}
