using Puna.Kernels.Cpu;

namespace Puna.Kernels.Tests.Cpu;

public sealed class HostBufferTests
{
    private const long Large = 4 << 20;

    public static TheoryData<long> Sizes => [0, 1, 100, Large - 1, Large, 3 * Large + 7];

    [Theory, MemberData(nameof(Sizes))]
    public unsafe void A_buffer_of_any_size_is_zeroed_aligned_and_as_long_as_it_says(long bytes)
    {
        using HostBuffer buffer = HostBuffer.Allocate(bytes);

        Span<byte> all = buffer.Span<byte>(0, (int)bytes);
        fixed (byte* first = all)
            Assert.Equal(0, (nint)first % 64);
        Assert.Equal(-1, all.IndexOfAnyExcept((byte)0));
        all.Fill(7);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Span<byte>(0, (int)bytes + 1));
    }

    [Theory, MemberData(nameof(Sizes))]
    public void A_disposed_buffer_of_any_size_says_so_and_may_be_disposed_again(long bytes)
    {
        HostBuffer buffer = HostBuffer.Allocate(bytes);

        buffer.Dispose();
        buffer.Dispose();

        Assert.Throws<ObjectDisposedException>(() => buffer.Span<byte>(0, 0));
    }

    [Theory]
    [InlineData(1L << 60)]
    [InlineData(long.MaxValue)]
    public void More_than_the_machine_has_is_refused_with_the_number_of_bytes(long bytes)
    {
        var e = Assert.Throws<OutOfCapacityException>(() => HostBuffer.Allocate(bytes));

        Assert.Equal($"memory: {bytes:N0} bytes were asked for, but the machine did not give them. "
            + "Use a smaller model or context, or a machine with more memory.", e.Message);
    }

    [Fact]
    public void A_large_buffer_is_in_large_pages_where_the_system_gives_them()
    {
        const string Switch = "/sys/kernel/mm/transparent_hugepage/enabled";
        Assert.SkipUnless(File.Exists(Switch) && !File.ReadAllText(Switch).Contains("[never]"), "The system has no large pages.");
        using HostBuffer buffer = HostBuffer.Allocate(64 << 20);

        buffer.Span<byte>(0, 64 << 20).Fill(1);

        // Memory may be too scattered for some of them, but not for all.
        long large = LargePageKilobytes();
        Assert.True(large >= 2048, $"{large} kB of the process are in large pages.");
    }

    private static long LargePageKilobytes() => File.ReadLines("/proc/self/smaps_rollup")
        .Where(l => l.StartsWith("AnonHugePages:", StringComparison.Ordinal))
        .Select(l => long.Parse(l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], null)).Single();
}
