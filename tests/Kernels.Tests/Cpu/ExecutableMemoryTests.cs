using System.Runtime.InteropServices;
using Puna.Kernels.Cpu;

namespace Puna.Kernels.Tests.Cpu;

public unsafe class ExecutableMemoryTests
{
    private static readonly byte[] ReturnsFortyTwo = [0xB8, 42, 0, 0, 0, 0xC3];   // mov eax, 42; ret

    public ExecutableMemoryTests() =>
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64 && SystemMemory.IsSupported, "skipped: not x86-64");

    [Fact]
    public void Code_that_was_written_runs()
    {
        using ExecutableMemory code = new(ReturnsFortyTwo);

        Assert.Equal(42, ((delegate* unmanaged<int>)code.Address)());
    }

    [Fact]
    public void Executable_pages_are_not_writable()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "skipped: no /proc/self/maps");
        using ExecutableMemory code = new(ReturnsFortyTwo);

        string line = File.ReadLines("/proc/self/maps").Single(l => Contains(l, code.Address));

        Assert.Equal("r-xp", line.Split(' ')[1]);
    }

    [Fact]
    public void Code_that_was_freed_has_no_address()
    {
        ExecutableMemory code = new(ReturnsFortyTwo);
        code.Dispose();

        Assert.Throws<ObjectDisposedException>(() => code.Address);
    }

    private static bool Contains(string line, nint address)
    {
        string[] range = line.Split(' ')[0].Split('-');
        return Convert.ToUInt64(range[0], 16) <= (ulong)address && (ulong)address < Convert.ToUInt64(range[1], 16);
    }
}
