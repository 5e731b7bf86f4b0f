using System.Runtime.InteropServices;

namespace Puna.Kernels.Cpu;

/// <summary>
/// Whole pages from the system: zeroed, in large pages where it has them, and pages for machine code, which are written
/// first and executed then, never both. Linux and Windows; whoever runs elsewhere does without.
/// </summary>
internal static unsafe partial class SystemMemory
{
    /// <summary>A large page of x86-64 and Arm; what is allocated on Linux begins at a multiple of it.</summary>
    public const long LargePageBytes = 2 << 20;

    private const long PageBytes = 4096;   // munmap takes larger pages' multiples too, and large pages are such

    /// <summary>Whether this system has the calls.</summary>
    public static bool IsSupported => OperatingSystem.IsLinux() || OperatingSystem.IsWindows();

    /// <summary>Zeroed pages for reading and writing; the system gives each when it is first touched.</summary>
    /// <param name="bytes">At least 1; rounded up to whole pages.</param>
    /// <returns>The first byte, or null when the machine does not have that much; <see cref="Free"/> gives it back.</returns>
    public static byte* Allocate(long bytes)
    {
        if (bytes is < 1 or > long.MaxValue / 2)
            return null;
        return OperatingSystem.IsWindows()
            ? Windows.VirtualAlloc(null, (nuint)bytes, Windows.Reserve | Windows.Commit, Windows.ReadWrite)
            : AllocateLinux(RoundUp(bytes, PageBytes));
    }

    /// <summary>Gives pages back.</summary>
    /// <param name="address">What <see cref="Allocate"/> returned.</param>
    /// <param name="bytes">As many as were asked for.</param>
    public static void Free(byte* address, long bytes)
    {
        if (OperatingSystem.IsWindows())
            _ = Windows.VirtualFree(address, 0, Windows.Release);
        else
            _ = Linux.Unmap(address, (nuint)RoundUp(bytes, PageBytes));
    }

    /// <summary>Makes pages executable and no longer writable.</summary>
    /// <param name="address">What <see cref="Allocate"/> returned, with x86-64 code written to it.</param>
    /// <param name="bytes">As many as were asked for.</param>
    /// <returns>False where the system forbids it, or the processor is another one.</returns>
    public static bool TryMakeExecutable(byte* address, long bytes)
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64)
            return false;   // others need their instruction caches cleared, and there is no code for them
        if (OperatingSystem.IsWindows())
            return Windows.VirtualProtect(address, (nuint)bytes, Windows.ExecuteRead, out _)
                && Windows.FlushInstructionCache(Windows.CurrentProcess, address, (nuint)bytes);
        return Linux.Protect(address, (nuint)RoundUp(bytes, PageBytes), Linux.Read | Linux.Execute) == 0;
    }

    private static byte* AllocateLinux(long bytes)
    {
        // Large pages want an address that is a multiple of theirs: more is reserved, and both ends go back.
        long reserved = bytes + LargePageBytes;
        byte* first = Linux.Map(null, (nuint)reserved, Linux.Read | Linux.Write, Linux.Private | Linux.Anonymous, -1, 0);
        if ((nint)first == Linux.Failed)
            return null;
        byte* address = (byte*)RoundUp((long)first, LargePageBytes);
        long before = address - first, after = reserved - before - bytes;
        if (before > 0)
            _ = Linux.Unmap(first, (nuint)before);
        if (after > 0)
            _ = Linux.Unmap(address + bytes, (nuint)after);
        if (bytes >= LargePageBytes)
            _ = Linux.Advise(address, (nuint)bytes, Linux.AdviseLargePages);   // a kernel without them says no: no harm
        return address;
    }

    private static long RoundUp(long value, long unit) => (value + unit - 1) / unit * unit;

    /// <summary>Calls of the C library; constants of <c>sys/mman.h</c>.</summary>
    private static partial class Linux
    {
        public const int Read = 1, Write = 2, Execute = 4, Private = 2, Anonymous = 0x20, AdviseLargePages = 14;
        public const nint Failed = -1;

        [LibraryImport("libc", EntryPoint = "mmap")]
        public static partial byte* Map(byte* address, nuint bytes, int protection, int flags, int file, nint offset);

        [LibraryImport("libc", EntryPoint = "munmap")]
        public static partial int Unmap(byte* address, nuint bytes);

        [LibraryImport("libc", EntryPoint = "madvise")]
        public static partial int Advise(byte* address, nuint bytes, int advice);

        [LibraryImport("libc", EntryPoint = "mprotect")]
        public static partial int Protect(byte* address, nuint bytes, int protection);
    }

    /// <summary>Calls of <c>kernel32</c>; constants of <c>memoryapi.h</c>.</summary>
    private static partial class Windows
    {
        public const uint Commit = 0x1000, Reserve = 0x2000, Release = 0x8000, ReadWrite = 4, ExecuteRead = 0x20;
        public const nint CurrentProcess = -1;

        [LibraryImport("kernel32")]
        public static partial byte* VirtualAlloc(byte* address, nuint bytes, uint type, uint protection);

        [LibraryImport("kernel32")]
        [return: MarshalAs(UnmanagedType.Bool)]
        public static partial bool VirtualFree(byte* address, nuint bytes, uint type);

        [LibraryImport("kernel32")]
        [return: MarshalAs(UnmanagedType.Bool)]
        public static partial bool VirtualProtect(byte* address, nuint bytes, uint protection, out uint before);

        [LibraryImport("kernel32")]
        [return: MarshalAs(UnmanagedType.Bool)]
        public static partial bool FlushInstructionCache(nint process, byte* address, nuint bytes);
    }
}
