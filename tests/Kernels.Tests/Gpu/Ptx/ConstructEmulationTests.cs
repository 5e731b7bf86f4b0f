using System.Runtime.InteropServices;
using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Emulator;
using Puna.Kernels.Gpu.Emulator.Memory;
using Puna.Kernels.Gpu.Layouts;

namespace Puna.Kernels.Tests.Gpu.Ptx;

/// <summary>Every construct computes what C# computes, without a report of the emulator.</summary>
public class ConstructEmulationTests
{
    public static TheoryData<string> Names => Constructs.Names;

    [Theory, MemberData(nameof(Names))]
    public void Emulated_results_are_those_of_CSharp(string name)
    {
        Construct construct = Constructs.Find(name);
        foreach ((GpuArch arch, AsyncSchedule schedule) in ((GpuArch, AsyncSchedule)[])[(construct.Lowest, AsyncSchedule.Late), (GpuArch.Sm90a, AsyncSchedule.Early)])
        {
            (GpuKernel kernel, IReadOnlyList<ConstructParameter> parameters) = construct.Build(arch);

            (LaunchReport report, Dictionary<string, byte[]> results) = Run(kernel, parameters, arch, schedule);

            Assert.True(report.Reports.IsEmpty, $"{name} for {arch}: {string.Join('\n', report.Reports)}");
            if (construct.Expect is { } expect)
                Compare(construct, expect, parameters, results);
        }
    }

    private static void Compare(Construct construct, Func<Lane, object[]> expect, IReadOnlyList<ConstructParameter> parameters, Dictionary<string, byte[]> results)
    {
        for (int lane = 0; lane < 32; lane++)
        {
            object[] expected = expect(new Lane(lane));
            for (int i = 0; i < expected.Length; i++)
            {
                int size = parameters.Single(p => p.Name == $"out{i}").ElementBytes;
                ReadOnlySpan<byte> got = results[$"out{i}"].AsSpan(lane * size, size);
                (double off, string text) = Distance(expected[i], got);
                Assert.True(off <= construct.Within, $"{construct.Name}, lane {lane}, out{i}: {text}, expected {expected[i]}.");
            }
        }
    }

    // 0 for the same bits, otherwise relative to what is expected
    private static (double Off, string Text) Distance(object expected, ReadOnlySpan<byte> got)
    {
        if (expected is float f)
        {
            float value = MemoryMarshal.Read<float>(got);
            return (value.Equals(f) ? 0 : Math.Abs((double)value - f) / Math.Abs(f), $"{value:R}");
        }

        ReadOnlySpan<byte> want = expected switch
        {
            double d => BitConverter.GetBytes(d),
            Half h => BitConverter.GetBytes(h),
            uint u => BitConverter.GetBytes(u),
            int n => BitConverter.GetBytes(n),
            ulong u => BitConverter.GetBytes(u),
            long n => BitConverter.GetBytes(n),
            ushort u => BitConverter.GetBytes(u),
            short n => BitConverter.GetBytes(n),
            byte b => [b],
            sbyte b => [(byte)b],
            _ => throw new ArgumentException($"no bytes of {expected.GetType()}"),
        };
        return (want.SequenceEqual(got) ? 0 : double.PositiveInfinity, $"0x{Convert.ToHexString(got)} in memory's order");
    }

    private static ReadOnlyMemory<byte> Argument(ConstructParameter parameter, ulong address) => parameter.Map is { } map
        ? TensorMapCode.Encode(map with { Address = address }).Bytes.AsMemory()
        : BitConverter.GetBytes(address);

    private static (LaunchReport Report, Dictionary<string, byte[]> Results) Run(GpuKernel kernel, IReadOnlyList<ConstructParameter> parameters, GpuArch arch, AsyncSchedule schedule)
    {
        using EmulatedMemory memory = new();
        PtxEmulator emulator = new(memory, new EmulatorOptions { Arch = arch, Schedule = schedule, Threads = 1 });
        Dictionary<string, ulong> addresses = [];
        foreach (ConstructParameter p in parameters)
        {
            addresses[p.Name] = memory.Allocate(p.Input?.Length ?? p.ElementBytes * (int)kernel.Block.Count, name: p.Name).Address;
            if (p.Input is { } bytes)
                memory.Write(addresses[p.Name], bytes);
        }

        LaunchReport report = emulator.Launch(emulator.Load(kernel.Ptx!, kernel.Entry), 1, kernel.Block,
            [.. parameters.Select(p => Argument(p, addresses[p.Name]))], kernel.DynamicSharedBytes);
        Dictionary<string, byte[]> results = [];
        foreach (ConstructParameter p in parameters.Where(p => p.Input is null))
        {
            byte[] bytes = results[p.Name] = new byte[p.ElementBytes * (int)kernel.Block.Count];
            Assert.Equal(0, memory.Read(addresses[p.Name], bytes).Count);
        }

        return (report, results);
    }
}
