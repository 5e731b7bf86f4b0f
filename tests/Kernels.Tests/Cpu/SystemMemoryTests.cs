using System.Runtime.InteropServices;
using Puna.Kernels.Cpu;

namespace Puna.Kernels.Tests.Cpu;

public sealed unsafe class SystemMemoryTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData(SystemMemory.LargePageBytes)]
    [InlineData(5 * SystemMemory.LargePageBytes + 12345)]
    public void Pages_are_zero_aligned_and_writable_to_the_last_byte(long bytes)
    {
        Assert.SkipUnless(SystemMemory.IsSupported, "This system has no page calls.");

        byte* address = SystemMemory.Allocate(bytes);

        Assert.True(address is not null);
        Assert.Equal(0, (long)address % (OperatingSystem.IsLinux() ? SystemMemory.LargePageBytes : 64));
        Assert.Equal(0, address[0]);
        Assert.Equal(0, address[bytes - 1]);
        address[0] = address[bytes - 1] = 1;
        SystemMemory.Free(address, bytes);
    }

    [Fact]
    public void Freed_pages_leave_the_process()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Needs /proc.");
        const long Bytes = 3 * SystemMemory.LargePageBytes + 4096;

        long before = Maps();
        for (int i = 0; i < 200; i++)
            SystemMemory.Free(SystemMemory.Allocate(Bytes), Bytes);

        // Whoever forgot an end of what it reserved would leave 200 pieces of address space, 2 MiB each.
        Assert.True(Maps() - before < 100 * SystemMemory.LargePageBytes, $"{Maps() - before} bytes of address space are left.");
    }

    [Fact]
    public void More_than_any_machine_has_is_refused_and_not_promised()
    {
        Assert.SkipUnless(SystemMemory.IsSupported, "This system has no page calls.");

        Assert.True(SystemMemory.Allocate(1L << 60) is null);
        Assert.True(SystemMemory.Allocate(long.MaxValue) is null);
    }

    [Fact]
    public void Code_that_was_written_runs_once_its_pages_are_executable()
    {
        Assert.SkipUnless(SystemMemory.IsSupported && RuntimeInformation.ProcessArchitecture == Architecture.X64,
            "The code is for x86-64.");
        byte* code = SystemMemory.Allocate(6);
        ReadOnlySpan<byte> moveAndReturn = [0xB8, 42, 0, 0, 0, 0xC3];   // mov eax, 42; ret
        moveAndReturn.CopyTo(new Span<byte>(code, 6));

        bool executable = SystemMemory.TryMakeExecutable(code, 6);

        Assert.True(executable);
        Assert.Equal(42, ((delegate* unmanaged<int>)code)());
        if (OperatingSystem.IsLinux())
            Assert.Equal("r-xp", Protection(code));
        SystemMemory.Free(code, 6);
    }

    private static long Maps() => File.ReadLines("/proc/self/statm").Select(l => long.Parse(l.Split(' ')[0], null)).Single()
        * Environment.SystemPageSize;

    private static string Protection(byte* address)
    {
        foreach (string line in File.ReadLines("/proc/self/maps"))
        {
            string[] words = line.Split(' ');
            string[] ends = words[0].Split('-');
            if (Hex(ends[0]) <= (nuint)address && (nuint)address < Hex(ends[1]))
                return words[1];
        }

        return "not mapped";

        static nuint Hex(string text) => nuint.Parse(text, System.Globalization.NumberStyles.HexNumber, null);
    }
}
