using Puna.Kernels.Gpu.Emulator;
using Puna.Kernels.Gpu.Emulator.Memory;

namespace Puna.Kernels.Tests.Gpu.Emulator;

/// <summary>A kernel with one mistake, and the same kernel without it.</summary>
/// <param name="Name">What is wrong, as a test's name.</param>
/// <param name="Kind">The report that it must get.</param>
/// <param name="Broken">Its body, behind the prologue of <see cref="Text"/>.</param>
/// <param name="Mended">The body of the twin.</param>
/// <param name="Declarations">Variables outside of the body.</param>
internal sealed record BrokenKernel(string Name, FindingKind Kind, string Broken, string Mended, string Declarations = "")
{
    public const int Blocks = 2;
    public const int Threads = 64;

    /// <summary>Target of the module.</summary>
    public string Target { get; init; } = "sm_80";

    /// <summary>Buffers in <c>%x</c>: one float per thread, defined. In <c>%y</c>: the same size, undefined; all of it is an output. In <c>%z</c>: 64 zero words.</summary>
    public string Text(string body) => $$"""
        .version 8.0
        .target {{Target}}
        .address_size 64
        {{Declarations}}
        .visible .entry kernel(.param .u64 px, .param .u64 py, .param .u64 pz, .param .u64 pfreed)
        {
            .reg .pred %p<8>;
            .reg .b32 %r<16>;
            .reg .f32 %f<8>;
            .reg .b64 %x, %y, %z, %freed, %xi, %yi, %rd<8>;
            .reg .b32 %tid, %block, %lane, %i;
            ld.param.u64 %x, [px];
            ld.param.u64 %y, [py];
            ld.param.u64 %z, [pz];
            ld.param.u64 %freed, [pfreed];
            mov.u32 %tid, %tid.x;
            mov.u32 %block, %ctaid.x;
            mov.u32 %lane, %laneid;
            mad.lo.s32 %i, %block, {{Threads}}, %tid;
            mad.wide.u32 %xi, %i, 4, %x;
            mad.wide.u32 %yi, %i, 4, %y;
            ld.global.f32 %f1, [%xi];
            {{body}}
            ret;
        }
        """;

    /// <summary>Runs one of the bodies; undefined bytes of the output are a report too.</summary>
    public LaunchReport Run(string body, EmulatorOptions options)
    {
        using EmulatedMemory memory = new();
        PtxEmulator emulator = new(memory, options);
        LoadedProgram program = emulator.Load(Text(body), "kernel");
        int bytes = Blocks * Threads * sizeof(float);
        ulong x = memory.Allocate(bytes).Address, y = memory.Allocate(bytes).Address, z = memory.Allocate(256).Address, freed = memory.Allocate(256).Address;
        memory.Write(x, new byte[bytes]);
        memory.Write(z, new byte[256]);
        memory.Free(freed);
        LaunchReport report = emulator.Launch(program, Blocks, Threads, [.. new[] { x, y, z, freed }.Select(a => (ReadOnlyMemory<byte>)BitConverter.GetBytes(a))]);
        (long count, long first) = memory.Read(y, new byte[bytes]);
        if (count == 0)
            return report;
        Finding output = new(FindingKind.UndefinedOutput, "kernel", "", 0, 0, 0, y + (ulong)first, $"{count} bytes of the output are undefined.", options.Seed);
        return report with { Reports = report.Reports.Add(output) };
    }
}
