using Puna.Kernels.Cpu;

namespace Puna.Kernels.Tests.Cpu;

/// <summary>Loops that measure do what they are said to do: all of it, and nothing past it.</summary>
public class RoofTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(4096)]
    public void Reading_takes_every_byte_into_account(int prefetchBytes)
    {
        using HostBuffer buffer = HostBuffer.Allocate(4096);
        Assert.Equal(0UL, RoofLoops.Read(buffer, 512, 2048, prefetchBytes));

        for (int at = 0; at < 4096; at += 8)
        {
            buffer.Span<ulong>(at, 1)[0] = 1;
            Assert.Equal(at is >= 512 and < 2560 ? 1UL : 0, RoofLoops.Read(buffer, 512, 2048, prefetchBytes));
            buffer.Span<ulong>(at, 1)[0] = 0;
        }
    }

    [Fact]
    public void Copying_copies_its_bytes_and_no_other()
    {
        using HostBuffer from = HostBuffer.Allocate(4096), to = HostBuffer.Allocate(4096);
        new Random(1).NextBytes(from.Span<byte>(0, 4096));

        RoofLoops.Copy(from, to, 1024, 2048);

        Assert.Equal(from.Span<byte>(1024, 2048), to.Span<byte>(1024, 2048));
        Assert.All(to.Span<byte>(0, 1024).ToArray().Concat(to.Span<byte>(3072, 1024).ToArray()), value => Assert.Equal(0, value));
    }

    [Fact]
    public void Chains_of_multiply_adds_all_count()
    {
        (int lanes, float value) = RoofLoops.MultiplyAdd(rounds: 100, factor: 0.5f);

        // sixteen chains from 0.5 on, 100 times 0.25 more; half as many chains, twice as long, where vectors are shorter
        Assert.Equal(lanes * (lanes == 16 ? 16 * 25.5 : 8 * 50.5), value);
    }

    [Theory]
    [InlineData(ActivationType.F32, 512)]
    [InlineData(ActivationType.BF16, 1024)]
    [InlineData(ActivationType.I8, 2048)]
    public void Machine_code_exists_where_the_processor_has_the_instruction(ActivationType activations, int operations)
    {
        Assert.Null(RoofCode.Create(activations, X64Features.None));
        Assert.SkipUnless(X64Features.Detect() is { Avx512: true, BF16: true, Vnni: true }, "skipped: no AVX-512 with BF16 and VNNI");

        using RoofCode? code = RoofCode.Create(activations, X64Features.Detect());

        Assert.NotNull(code);
        Assert.Equal(operations, code.OperationsPerRound);
        code.Run(1000);
    }
}
