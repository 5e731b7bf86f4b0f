using Puna.Kernels.Gpu.Emulator;

namespace Puna.Kernels.Tests.Gpu.Emulator;

/// <summary>One kernel at least for each kind of report that one launch can get; wgmma and tensor copies have tests of their own.</summary>
internal static class BrokenKernels
{
    private const string Store = "st.global.f32 [%yi], %f1;";
    private const string Tile = ".shared .align 16 .b8 tile[256];";

    public static IReadOnlyList<BrokenKernel> All { get; } =
    [
        new("global load past the end", FindingKind.OutOfBounds, $"ld.global.f32 %f1, [%xi+4]; {Store}", Store),
        new("global store before the start", FindingKind.OutOfBounds, $"{Store} st.global.f32 [%yi+-4], %f1;", Store),
        new("shared store past the end", FindingKind.OutOfBounds,
            $"mov.u32 %r1, tile; mad.lo.u32 %r1, %tid, 4, %r1; st.shared.f32 [%r1+4], %f1; {Store}",
            $"mov.u32 %r1, tile; mad.lo.u32 %r1, %tid, 4, %r1; st.shared.f32 [%r1], %f1; {Store}", Tile),
        new("generic store to an address of nothing", FindingKind.OutOfBounds, $"mov.u64 %rd1, 64; st.f32 [%rd1], %f1; {Store}", "st.f32 [%yi], %f1;"),
        new("local store past the end", FindingKind.OutOfBounds,
            $$"""{ .local .align 4 .b8 mine[8]; mov.u64 %rd1, mine; st.local.f32 [%rd1+64], %f1; } {{Store}}""",
            $$"""{ .local .align 4 .b8 mine[8]; mov.u64 %rd1, mine; st.local.f32 [%rd1+4], %f1; } {{Store}}"""),
        new("store to freed memory", FindingKind.FreedMemory, $"st.global.f32 [%freed], %f1; {Store}", Store),
        new("misaligned vector load", FindingKind.Misaligned,
            $"ld.global.v2.f32 {{%f2, %f3}}, [%x+4]; {Store}", $"ld.global.v2.f32 {{%f2, %f3}}, [%x+8]; {Store}"),
        new("store to a constant", FindingKind.ReadOnly,
            $"mov.u64 %rd1, table; st.global.f32 [%rd1], %f1; {Store}", $"ld.const.f32 %f2, [table+4]; add.f32 %f1, %f1, %f2; {Store}",
            ".const .align 4 .f32 table[2] = {0f3F800000, 2.0};"),
        new("branch on an undefined predicate", FindingKind.UndefinedValue, $"@%p1 bra DONE; {Store} DONE: {Store}", $"setp.eq.u32 %p1, %tid, 0; @%p1 bra DONE; {Store} DONE: {Store}"),
        new("address from an undefined register", FindingKind.UndefinedValue,
            $"mad.wide.u32 %rd1, %r5, 4, %y; st.global.f32 [%rd1], %f1; {Store}", $"mad.wide.u32 %rd1, %i, 4, %y; st.global.f32 [%rd1], %f1;"),
        new("atomic on memory that nobody has set", FindingKind.UndefinedValue,
            $"atom.global.add.u32 %r1, [%yi], 1; {Store}", $"atom.global.add.u32 %r1, [%z], 1; {Store}"),
        new("atomic with an undefined operand", FindingKind.UndefinedValue,
            $"red.global.add.u32 [%z], %r7; {Store}", $"mov.u32 %r7, 1; red.global.add.u32 [%z], %r7; {Store}"),
        new("output from an undefined register", FindingKind.UndefinedOutput, "add.f32 %f1, %f1, %f6; st.global.f32 [%yi], %f1;", Store),
        new("output that some threads do not write", FindingKind.UndefinedOutput, $"setp.lt.u32 %p1, %tid, 60; @%p1 {Store}", Store),
        new("output from shared memory that nobody wrote", FindingKind.UndefinedOutput,
            $"mov.u32 %r1, tile; ld.shared.f32 %f1, [%r1]; {Store}",
            $"mov.u32 %r1, tile; setp.eq.u32 %p1, %tid, 0; @%p1 st.shared.f32 [%r1], %f1; bar.sync 0; ld.shared.f32 %f1, [%r1]; {Store}", Tile),
        new("half of a packed value undefined", FindingKind.UndefinedOutput,
            "{ .reg .b16 %h<4>; mov.b32 {%h0, %h1}, %f1; mov.b32 %r1, {%h0, %h2}; st.global.b32 [%yi], %r1; }",
            "{ .reg .b16 %h<4>; mov.b32 {%h0, %h1}, %f1; mov.b32 %r1, {%h0, %h2}; and.b32 %r1, %r1, 65535; st.global.b32 [%yi], %r1; }"),
        .. Races, .. Convergences, .. Copies,
    ];

    // the other warp's value: the tile is written by thread t and read by t ^ 32
    private const string Exchange = "mov.u32 %r1, tile; mad.lo.u32 %r2, %tid, 4, %r1; xor.b32 %r3, %tid, 32; mad.lo.u32 %r3, %r3, 4, %r1;";
    private const string Neighbour = "mov.u32 %r1, tile; mad.lo.u32 %r2, %tid, 4, %r1; xor.b32 %r3, %tid, 1; mad.lo.u32 %r3, %r3, 4, %r1;";
    private const string Spin = "SPIN: ld.acquire.gpu.global.u32 %r4, [%z]; setp.eq.u32 %p3, %r4, 0; @%p3 bra SPIN;";

    private static IEnumerable<BrokenKernel> Races =>
    [
        new("shared exchange without a barrier", FindingKind.SharedRace,
            $"{Exchange} st.shared.f32 [%r2], %f1; ld.shared.f32 %f1, [%r3]; {Store}",
            $"{Exchange} st.shared.f32 [%r2], %f1; bar.sync 0; ld.shared.f32 %f1, [%r3]; {Store}", Tile),
        new("shared tile overwritten before all have read it", FindingKind.SharedRace,
            $"{Exchange} st.shared.f32 [%r2], %f1; bar.sync 0; ld.shared.f32 %f2, [%r3]; st.shared.f32 [%r2], %f2; st.global.f32 [%yi], %f2;",
            $"{Exchange} st.shared.f32 [%r2], %f1; bar.sync 0; ld.shared.f32 %f2, [%r3]; bar.sync 0; st.shared.f32 [%r2], %f2; st.global.f32 [%yi], %f2;", Tile),
        new("exchange within a warp without bar.warp.sync", FindingKind.SharedRace,
            $"{Neighbour} st.shared.f32 [%r2], %f1; ld.shared.f32 %f1, [%r3]; {Store}",
            $"{Neighbour} st.shared.f32 [%r2], %f1; bar.warp.sync 0xffffffff; ld.shared.f32 %f1, [%r3]; {Store}", Tile),
        new("two warps wait at different named barriers", FindingKind.SharedRace,
            $"{Exchange} st.shared.f32 [%r2], %f1; shr.u32 %r5, %tid, 5; bar.sync %r5, 32; ld.shared.f32 %f1, [%r3]; {Store}",
            $"{Exchange} st.shared.f32 [%r2], %f1; bar.sync 1, 64; ld.shared.f32 %f1, [%r3]; {Store}", Tile),
        new("lanes of one store disagree", FindingKind.SharedRace,
            $"mov.u32 %r1, tile; st.shared.u32 [%r1], %lane; bar.sync 0; {Store}",
            $"mov.u32 %r1, tile; setp.eq.u32 %p1, %tid, 0; @%p1 st.shared.u32 [%r1], %lane; bar.sync 0; {Store}", Tile),
        new("block reads what another wrote", FindingKind.GlobalRace,
            $"{Store} xor.b32 %r1, %i, 64; mad.wide.u32 %rd1, %r1, 4, %y; ld.global.f32 %f2, [%rd1];",
            $"""
            {Store}
            setp.ne.u32 %p1, %block, 0; @%p1 bra SECOND;
            bar.sync 0; setp.eq.u32 %p2, %tid, 0; membar.gl; @%p2 atom.global.add.u32 %r2, [%z], 1; ret;
            SECOND: setp.eq.u32 %p2, %tid, 0; @!%p2 bra AFTER;
            {Spin}
            AFTER: bar.sync 0;
            xor.b32 %r1, %i, 64; mad.wide.u32 %rd1, %r1, 4, %y; ld.global.f32 %f2, [%rd1];
            """),
        new("flag without a fence", FindingKind.GlobalRace,
            $"""
            {Store} setp.ne.u32 %p1, %block, 0; @%p1 bra SECOND;
            bar.sync 0; setp.eq.u32 %p2, %tid, 0; @%p2 atom.relaxed.gpu.global.add.u32 %r2, [%z], 1; ret;
            SECOND: {Spin}
            xor.b32 %r1, %i, 64; mad.wide.u32 %rd1, %r1, 4, %y; ld.global.f32 %f2, [%rd1];
            """,
            $"""
            {Store} setp.ne.u32 %p1, %block, 0; @%p1 bra SECOND;
            bar.sync 0; setp.eq.u32 %p2, %tid, 0; @%p2 atom.release.gpu.global.add.u32 %r2, [%z], 1; ret;
            SECOND: {Spin}
            xor.b32 %r1, %i, 64; mad.wide.u32 %rd1, %r1, 4, %y; ld.global.f32 %f2, [%rd1];
            """),
        new("non-coherent load of the grid's own output", FindingKind.NonCoherentLoad,
            $"{Store} ld.global.nc.f32 %f2, [%yi];", $"{Store} ld.global.f32 %f2, [%yi];"),
        new("store behind a non-coherent load", FindingKind.NonCoherentLoad,
            $"ld.global.nc.f32 %f2, [%xi]; st.global.f32 [%xi], %f2; {Store}", $"ld.global.nc.f32 %f2, [%xi]; {Store}"),
    ];

    private static IEnumerable<BrokenKernel> Convergences =>
    [
        new("barrier in half a warp", FindingKind.DivergentBarrier,
            $"{Store} setp.lt.u32 %p1, %lane, 16; @!%p1 bra DONE; bar.sync 0; DONE:", $"{Store} setp.lt.u32 %p1, %lane, 16; @!%p1 bra DONE; add.f32 %f1, %f1, %f1; DONE: bar.sync 0;"),
        new("two barriers for the halves of a warp", FindingKind.DivergentBarrier,
            $"{Store} setp.lt.u32 %p1, %lane, 16; @%p1 bra OTHER; bar.sync 0; bra.uni DONE; OTHER: bar.sync 0; DONE:", $"{Store} setp.lt.u32 %p1, %tid, 32; @%p1 bra OTHER; bar.sync 0; bra.uni DONE; OTHER: bar.sync 0; DONE:"),
        new("barrier that one warp leaves out", FindingKind.DivergentBarrier,
            $"{Store} setp.lt.u32 %p1, %tid, 32; @!%p1 bra DONE; bar.sync 0; DONE:", $"{Store} setp.lt.u32 %p1, %tid, 32; @!%p1 bra DONE; bar.sync 0, 32; DONE:"),
        new("shuffle without half of its members", FindingKind.DivergentBarrier,
            $"setp.lt.u32 %p1, %lane, 16; @!%p1 bra DONE; shfl.sync.bfly.b32 %f1, %f1, 1, 31, -1; DONE: bar.sync 0; {Store}", $"setp.lt.u32 %p1, %lane, 16; @!%p1 bra DONE; shfl.sync.bfly.b32 %f1, %f1, 1, 31, 65535; DONE: {Store}"),
        new("shuffle by lanes that its mask leaves out", FindingKind.Misuse,
            $"shfl.sync.bfly.b32 %f1, %f1, 1, 31, 65535; {Store}", $"shfl.sync.bfly.b32 %f1, %f1, 1, 31, -1; {Store}"),
        new("named barrier that too few threads reach", FindingKind.Deadlock,
            $"{Store} setp.lt.u32 %p1, %tid, 32; @!%p1 bra DONE; bar.sync 1, 64; DONE:", $"{Store} bar.sync 1, 64;"),
        new("two warps wait for each other", FindingKind.Deadlock,
            $"{Store} setp.lt.u32 %p1, %tid, 32; @%p1 bra FIRST; bar.sync 1, 64; bar.sync 2, 64; ret; FIRST: bar.sync 2, 64; bar.sync 1, 64;",
            $"{Store} setp.lt.u32 %p1, %tid, 32; @%p1 bra FIRST; bar.sync 1, 64; bar.sync 2, 64; ret; FIRST: bar.sync 1, 64; bar.sync 2, 64;"),
        new("flag that nobody sets", FindingKind.Deadlock,
            $"{Store} {Spin}", $"{Store} atom.global.exch.b32 %r1, [%z], 1; {Spin}"),
        new("barrier that counts part of a warp", FindingKind.Misuse, $"{Store} bar.sync 1, 48;", $"{Store} bar.sync 1, 64;"),
        new("branch marked uniform that is not", FindingKind.Misuse,
            $"setp.lt.u32 %p1, %lane, 16; @%p1 bra.uni DONE; add.f32 %f1, %f1, %f1; DONE: {Store}", $"setp.lt.u32 %p1, %lane, 16; @%p1 bra DONE; add.f32 %f1, %f1, %f1; DONE: {Store}"),
        new("trap", FindingKind.Trap, $"{Store} setp.eq.u32 %p1, %i, 5; @%p1 trap;", $"{Store} setp.eq.u32 %p1, %i, 1000; @%p1 trap;"),
    ];

    private const string Mine = "mov.u32 %r1, tile; mad.lo.u32 %r1, %tid, 4, %r1;";
    private const string Wait = "WAIT: mbarrier.try_wait.parity.shared::cta.b64 %p2, [%r2], 0; @!%p2 bra WAIT;";

    private static IEnumerable<BrokenKernel> Copies =>
    [
        new("asynchronous copy that nobody waits for", FindingKind.InFlight,
            $"{Mine} cp.async.ca.shared.global [%r1], [%xi], 4; ld.shared.f32 %f1, [%r1]; {Store}",
            $"{Mine} cp.async.ca.shared.global [%r1], [%xi], 4; cp.async.wait_all; ld.shared.f32 %f1, [%r1]; {Store}", Tile),
        new("asynchronous copy read by the other warp without a barrier", FindingKind.SharedRace,
            $"{Exchange} cp.async.ca.shared.global [%r2], [%xi], 4; cp.async.wait_all; ld.shared.f32 %f1, [%r3]; {Store}",
            $"{Exchange} cp.async.ca.shared.global [%r2], [%xi], 4; cp.async.wait_all; bar.sync 0; ld.shared.f32 %f1, [%r3]; {Store}", Tile),
        new("bulk store of what threads wrote without fence.proxy.async", FindingKind.MissingProxyFence, BulkStore(""), BulkStore("fence.proxy.async;"), BulkTile) { Target = "sm_90a" },
        new("bulk copy that nobody waits for", FindingKind.InFlight, BulkLoad(wait: ""), BulkLoad(), BulkTile) { Target = "sm_90a" },
        new("bulk copy of more bytes than were announced", FindingKind.Misuse, BulkLoad(announced: 128), BulkLoad(), BulkTile) { Target = "sm_90a" },
        new("bulk copy of fewer bytes than were announced", FindingKind.Deadlock, BulkLoad(announced: 512), BulkLoad(), BulkTile) { Target = "sm_90a" },
        new("wait for the phase before", FindingKind.InFlight, BulkLoad(wait: Wait.Replace("], 0", "], 1", StringComparison.Ordinal)), BulkLoad(), BulkTile) { Target = "sm_90a" },
    ];

    private const string BulkTile = ".shared .align 128 .b8 tile[256]; .shared .align 8 .b8 full[8];";

    // a block's 64 floats of x come into the tile
    private static string BulkLoad(int announced = 256, string wait = Wait) => $"""
        mov.u32 %r1, tile; mov.u32 %r2, full; setp.eq.u32 %p1, %tid, 0; mul.wide.u32 %rd1, %block, 256; add.u64 %rd1, %rd1, %x;
        @%p1 mbarrier.init.shared.b64 [%r2], 1; @%p1 fence.mbarrier_init.release.cluster; bar.sync 0;
        @%p1 mbarrier.arrive.expect_tx.shared::cta.b64 _, [%r2], {announced};
        @%p1 cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%r1], [%rd1], 256, [%r2];
        {wait} mad.lo.u32 %r3, %tid, 4, %r1; ld.shared.f32 %f1, [%r3]; {Store}
        """;

    // the tile goes to a block's 64 floats of y
    private static string BulkStore(string fence) => $"""
        {Mine} st.shared.f32 [%r1], %f1; {fence} bar.sync 0; setp.eq.u32 %p1, %tid, 0; @!%p1 bra DONE;
        mov.u32 %r2, tile; mul.wide.u32 %rd1, %block, 256; add.u64 %rd1, %rd1, %y;
        cp.async.bulk.global.shared::cta.bulk_group [%rd1], [%r2], 256; cp.async.bulk.commit_group; cp.async.bulk.wait_group 0; DONE:
        """;
}
