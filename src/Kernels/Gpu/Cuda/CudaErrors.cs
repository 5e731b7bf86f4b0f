using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Puna.Kernels.Gpu.Cuda;

/// <summary>Turns results of driver calls into exceptions that say which call, which result, and what to do.</summary>
internal sealed unsafe class CudaErrors(CudaApi api)
{
    public const int OutOfMemory = 2;
    public const int GraphUpdateFailure = 910;

    private volatile bool _isLost;
    private volatile Exception? _untold;

    /// <summary>
    /// Whether queued work has failed in a way that ends the context: every later call fails too, and what the
    /// context holds goes when it is released.
    /// </summary>
    public bool IsLost => _isLost;

    /// <summary>The failure of queued work that surfaced where nothing could be thrown; null where there is none.</summary>
    public Exception? Untold => _untold;

    /// <summary>Throws unless the call succeeded.</summary>
    /// <param name="result">What it gave.</param>
    /// <param name="call">The function's name.</param>
    /// <param name="subject">What it was about: a kernel.</param>
    [StackTraceHidden]
    public void Check(int result, string call, string? subject = null)
    {
        if (result != 0)
            throw Error(result, call, subject);
    }

    /// <summary>For calls that give something back, which never throw: what must be known later is kept.</summary>
    /// <returns>Whether the call need not be tried again: it succeeded, or the context takes everything with it.</returns>
    public bool IsDone(int result, string call)
    {
        if (result != 0 && !_isLost && EndsContext(result))
            _untold = Error(result, call);
        return result == 0 || _isLost;
    }

    /// <summary>The exception of a result.</summary>
    /// <param name="result">What the call gave.</param>
    /// <param name="call">The function's name.</param>
    /// <param name="subject">What it was about: a kernel, an amount.</param>
    /// <param name="log">What the compiler said.</param>
    public Exception Error(int result, string call, string? subject = null, string log = "")
    {
        bool isEarlier = EndsContext(result);
        if (isEarlier)
            (_isLost, _untold) = (true, null);
        string message = $"CudaGpu: {call}{(subject is null ? "" : $" of {subject}")} gave {result} {Name(result)} "
            + $"({Meaning(result)}), but 0 was expected{(isEarlier ? Earlier(call) : "")}. {Advice(result)}";
        if (log.Length > 0)
            message += $" The compiler says: {log}";
        return result == OutOfMemory ? new OutOfCapacityException(message) : new DeviceException(message);
    }

    private static string Earlier(string call) => call is "cuStreamSynchronize" or "cuEventSynchronize"
        ? "; a kernel that was queued before failed"
        : "; the call itself is not to blame: an earlier asynchronous error surfaces here, that of a kernel queued before";

    private string Name(int result) => Text(api.GetErrorName, result) ?? "of unknown name";

    private string Meaning(int result) => Text(api.GetErrorString, result) ?? "the driver does not say more";

    private static string? Text(delegate* unmanaged<int, byte**, int> say, int result)
    {
        byte* text = null;
        return say(result, &text) == 0 && text != null ? Marshal.PtrToStringUTF8((nint)text) : null;
    }

    // CUDA driver API, cudaError_enum: "leaves the process in an inconsistent state ... must be terminated and relaunched"
    private static bool EndsContext(int result) => result is 214 or 220 or 226 or 700 or 702 or 709 or 710 or (>= 714 and <= 719);

    private static string Advice(int result) => result switch
    {
        OutOfMemory => "Use a smaller model or cache, or free memory of the device that other programs hold.",
        100 or 101 => "Is a GPU there (nvidia-smi), and is it visible to this process (CUDA_VISIBLE_DEVICES)?",
        3 or 4 or 804 or 803 => "Does nvidia-smi work? The driver's library and its kernel module must be of one version.",
        200 or 209 or 218 or 221 => "Is the code for this device's architecture (.target), and is it well-formed PTX or a cubin?",
        222 => "The text's .version is newer than the driver: write it for a lower one, or install a newer driver.",
        500 => "Is the entry's name that of an .entry in the code?",
        701 => "The block needs more registers or shared memory than a multiprocessor has: make it smaller.",
        >= 900 and <= 907 => "While a stream records, only work that can be recorded may be queued; record again without the call. "
            + "Where a kernel with StartsEarly is recorded, try it without: some drivers cannot record its edge.",
        _ when EndsContext(result) => "Run the kernels in the emulator, which names the instruction, or under compute-sanitizer; "
            + "close this GPU and open it anew.",
        _ => "If the arguments look right, the driver's own log (CUDA_LOG_FILE=stderr, from 12.9 on) may say more.",
    };
}
