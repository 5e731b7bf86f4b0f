using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Emulator;
using Puna.Kernels.Gpu.Emulator.Memory;

namespace Puna.Kernels.Tests.Gpu.Emulator;

/// <summary>
/// Single instructions on known operands. r0 is the 32-bit result and r1 to r3 the operands; x, h, f, d and p are the
/// same for 64 bits, 16 bits, f32, f64 and predicates. Expected values follow from the PTX ISA's own pseudocode.
/// </summary>
public class OpcodeTests
{
    [Theory]
    [InlineData("add.sat.s32 r0, r1, r2;", 0x7FFFFFFF, 1, 0, 0x7FFFFFFF)]
    [InlineData("sub.sat.s32 r0, r1, r2;", 0x80000000, 1, 0, 0x80000000)]
    [InlineData("add.cc.u32 r0, r1, r2; addc.u32 r0, r3, 0;", 0xFFFFFFFF, 1, 5, 6)]
    [InlineData("sub.cc.u32 r0, r1, r2; subc.u32 r0, r3, 0;", 0, 1, 5, 4)]
    [InlineData("mad.lo.cc.u32 r0, r1, r2, r3; addc.u32 r0, 0, 0;", 0xFFFFFFFF, 1, 1, 1)]
    [InlineData("mad.hi.cc.u32 r0, r1, r2, r3; addc.u32 r0, r0, 0;", 0xFFFFFFFF, 0xFFFFFFFF, 2, 1)]
    [InlineData("mul.hi.s32 r0, r1, r2;", 0x80000000, 2, 0, 0xFFFFFFFF)]
    [InlineData("mul.hi.u64 x0, x1, x2;", 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0, 0xFFFFFFFFFFFFFFFE)]
    [InlineData("mul.wide.s32 x0, r1, r2;", 0xFFFFFFFF, 3, 0, 0xFFFFFFFFFFFFFFFD)]
    [InlineData("mul.wide.s16 r0, h1, h2;", 0xFFFF, 3, 0, 0xFFFFFFFD)]
    [InlineData("mad.wide.u16 r0, h1, h2, r3;", 0xFFFF, 0xFFFF, 1, 0xFFFE0002)]
    [InlineData("mul24.hi.u32 r0, r1, r2;", 0xFFFFFF, 0xFFFFFF, 0, 0xFFFFFE00)]
    [InlineData("mad24.lo.s32 r0, r1, r2, r3;", 0xFFFFFF, 2, 7, 5)]
    [InlineData("sad.s32 r0, r1, r2, r3;", 0xFFFFFFFF, 1, 10, 12)]
    [InlineData("div.s32 r0, r1, r2;", 0xFFFFFFF9, 2, 0, 0xFFFFFFFD)]
    [InlineData("rem.s32 r0, r1, r2;", 0xFFFFFFF9, 2, 0, 0xFFFFFFFF)]
    [InlineData("div.s32 r0, r1, r2;", 0x80000000, 0xFFFFFFFF, 0, 0x80000000)]
    [InlineData("abs.s16 h0, h1;", 0xFFFF, 0, 0, 1)]
    [InlineData("min.s16 h0, h1, h2;", 0xFFFF, 1, 0, 0xFFFF)]
    [InlineData("max.u16 h0, h1, h2;", 0xFFFF, 1, 0, 0xFFFF)]
    [InlineData("min.relu.s32 r0, r1, r2;", 0xFFFFFFFF, 1, 0, 0)]
    [InlineData("popc.b64 r0, x1;", 0xF0F0000000000001, 0, 0, 9)]
    [InlineData("clz.b32 r0, r1;", 0, 0, 0, 32)]
    [InlineData("bfind.s32 r0, r1;", 0xFFFFFFFE, 0, 0, 0)]
    [InlineData("bfind.u32 r0, r1;", 0, 0, 0, 0xFFFFFFFF)]
    [InlineData("bfind.shiftamt.u32 r0, r1;", 0x00010000, 0, 0, 15)]
    [InlineData("fns.b32 r0, r1, r2, r3;", 0b1011_0100, 2, 2, 4)]
    [InlineData("fns.b32 r0, r1, 7, -2;", 0b1011_0100, 0, 0, 5)]
    [InlineData("brev.b32 r0, r1;", 1, 0, 0, 0x80000000)]
    [InlineData("bfe.s32 r0, r1, r2, r3;", 0x00000F00, 8, 4, 0xFFFFFFFF)]
    [InlineData("bfe.u32 r0, r1, r2, r3;", 0xABCD1234, 28, 16, 0xA)]
    [InlineData("bfi.b32 r0, r1, r2, 8, 8;", 0xAB, 0xFFFFFFFF, 0, 0xFFFFABFF)]
    [InlineData("bmsk.clamp.b32 r0, r1, r2;", 4, 8, 0, 0xFF0)]
    [InlineData("szext.wrap.s32 r0, r1, r2;", 0x1FF, 8, 0, 0xFFFFFFFF)]
    [InlineData("shl.b32 r0, r1, r2;", 1, 32, 0, 0)]
    [InlineData("shr.s32 r0, r1, r2;", 0x80000000, 99, 0, 0xFFFFFFFF)]
    [InlineData("shr.s16 h0, h1, r2;", 0x8000, 3, 0, 0xF000)]
    [InlineData("shf.l.wrap.b32 r0, r1, r2, r3;", 0x80000000, 1, 33, 3)]
    [InlineData("shf.r.clamp.b32 r0, r1, r2, r3;", 0x11, 0x22, 64, 0x22)]
    [InlineData("lop3.b32 r0, r1, r2, r3, 0x96;", 0xF0, 0xCC, 0xAA, 0x96)]
    [InlineData("prmt.b32 r0, r1, r2, r3;", 0x03020100, 0x07060504, 0x7531, 0x07050301)]
    [InlineData("prmt.b32 r0, r1, r2, r3;", 0x80, 0, 0x8888, 0xFFFFFFFF)]
    [InlineData("prmt.b32.f4e r0, r1, r2, r3;", 0x03020100, 0x07060504, 2, 0x05040302)]
    [InlineData("prmt.b32.b4e r0, r1, r2, r3;", 0x03020100, 0x07060504, 1, 0x06070001)]
    [InlineData("prmt.b32.ecr r0, r1, r2, r3;", 0x03020100, 0, 1, 0x01010100)]
    [InlineData("dp4a.s32.u32 r0, r1, r2, r3;", 0x01FF01FF, 0x02020202, 100, 100)]
    [InlineData("dp2a.hi.s32.s32 r0, r1, r2, r3;", 0xFFFF0002, 0x03050000, 1, 8)]
    [InlineData("cnot.b32 r0, r1;", 0, 0, 0, 1)]
    [InlineData("slct.s32.s32 r0, r1, r2, r3;", 7, 9, 0xFFFFFFFF, 9)]
    [InlineData("setp.lo.or.u32 p0|p1, r1, r2, !p2; selp.u32 r0, 1, 0, p1;", 1, 2, 0, 1)]
    [InlineData("set.lt.s32.s32 r0, r1, r2;", 0xFFFFFFFF, 0, 0, 0xFFFFFFFF)]
    [InlineData("set.lt.f32.s32 f0, r1, r2;", 0xFFFFFFFF, 0, 0, 0x3F800000)]
    [InlineData("vabsdiff4.u32.u32.u32.add r0, r1, r2, r3;", 0x01020304, 0x04030201, 1, 9)]
    [InlineData("vadd4.u32.u32.u32.sat r0, r1, r2, r3;", 0xFF010203, 0x01010101, 0, 0xFF020304)]
    [InlineData("add.u16x2 r0, r1, r2;", 0xFFFF0001, 0x00010001, 0, 0x00000002)]
    public void Integers(string text, ulong a, ulong b, ulong c, ulong expected) => Check(text, a, b, c, expected);

    [Theory]
    [InlineData("add.rz.f32 f0, f1, f2;", 0x3F800000, 0x33000000, 0, 0x3F800000)] // 1 + 2^-25
    [InlineData("add.rp.f32 f0, f1, f2;", 0x3F800000, 0x33000000, 0, 0x3F800001)]
    [InlineData("mul.ftz.f32 f0, f1, f2;", 0x00000001, 0x3F800000, 0, 0)]
    [InlineData("mul.f32 f0, f1, f2;", 0x00000001, 0x3F800000, 0, 1)]
    [InlineData("sub.f32 f0, f1, f1;", 0x7F800000, 0, 0, 0x7FFFFFFF)]
    [InlineData("fma.rn.sat.f32 f0, f1, f2, f3;", 0x40000000, 0x40000000, 0x3F800000, 0x3F800000)]
    [InlineData("min.f32 f0, f1, f2;", 0x7FC00000, 0x3F800000, 0, 0x3F800000)]
    [InlineData("min.NaN.f32 f0, f1, f2;", 0x7FC00000, 0x3F800000, 0, 0x7FFFFFFF)]
    [InlineData("max.f32 f0, f1, f2;", 0x80000000, 0, 0, 0)]
    [InlineData("max.xorsign.abs.f32 f0, f1, f2;", 0xC0000000, 0x3F800000, 0, 0xC0000000)]
    [InlineData("rcp.rn.f32 f0, f1;", 0x40400000, 0, 0, 0x3EAAAAAB)]
    [InlineData("sqrt.rz.f32 f0, f1;", 0x40000000, 0, 0, 0x3FB504F3)]
    [InlineData("ex2.approx.ftz.f32 f0, f1;", 0xC3000000, 0, 0, 0)]
    [InlineData("ex2.approx.f32 f0, f1;", 0xC3000000, 0, 0, 0x00200000)]
    [InlineData("copysign.f32 f0, f1, f2;", 0x80000000, 0x3F800000, 0, 0xBF800000)]
    [InlineData("testp.subnormal.f32 p0, f1; selp.u32 r0, 1, 0, p0;", 1, 0, 0, 1)]
    [InlineData("setp.ltu.f32 p0, f1, f2; selp.u32 r0, 1, 0, p0;", 0x7FC00000, 0, 0, 1)]
    [InlineData("setp.ne.f32 p0, f1, f2; selp.u32 r0, 1, 0, p0;", 0x7FC00000, 0, 0, 0)]
    [InlineData("add.rm.f64 d0, d1, d2;", 0x3FF0000000000000, 0xBC00000000000000, 0, 0x3FEFFFFFFFFFFFFF)]
    [InlineData("add.f16 h0, h1, h2;", 0x3C00, 0x1000, 0, 0x3C00)] // 1 + 2^-11, a tie to even
    [InlineData("fma.rn.relu.f16x2 r0, r1, r2, r3;", 0x3C00BC00, 0x3C003C00, 0, 0x3C000000)]
    [InlineData("fma.rn.bf16x2 r0, r1, r2, r3;", 0x3F803F80, 0x40004000, 0x3F803F80, 0x40404040)]
    [InlineData("min.NaN.f16x2 r0, r1, r2;", 0x7E003C00, 0x3C004000, 0, 0x7FFF3C00)]
    [InlineData("neg.bf16x2 r0, r1;", 0x3F80BF80, 0, 0, 0xBF803F80)]
    [InlineData("abs.f16 h0, h1;", 0x8001, 0, 0, 1)]
    [InlineData("setp.gt.f16x2 p0|p1, r1, r2; selp.u32 r0, 1, 0, p1;", 0x40003C00, 0x3C003C00, 0, 1)]
    [InlineData("set.gt.f16x2.f16x2 r0, r1, r2;", 0x40003C00, 0x3C003C00, 0, 0x3C000000)]
    public void Floats(string text, ulong a, ulong b, ulong c, ulong expected) => Check(text, a, b, c, expected);

    [Theory]
    [InlineData("cvt.s32.s8 r0, r1;", 0x1FF, 0xFFFFFFFF)]
    [InlineData("cvt.u32.u8 r0, r1;", 0x1FF, 0xFF)]
    [InlineData("cvt.s8.s32 r0, r1;", 0x1FF, 0xFFFFFFFF)]
    [InlineData("cvt.sat.s8.s32 r0, r1;", 0xFFFFFF00, 0xFFFFFF80)]
    [InlineData("cvt.sat.u8.s32 r0, r1;", 0xFFFFFF00, 0)]
    [InlineData("cvt.u64.s32 x0, r1;", 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)]
    [InlineData("cvt.rni.s32.f32 r0, f1;", 0x40200000, 2)] // 2.5
    [InlineData("cvt.rzi.u32.f32 r0, f1;", 0xBF800000, 0)]
    [InlineData("cvt.rzi.s32.f32 r0, f1;", 0x7F800000, 0x7FFFFFFF)]
    [InlineData("cvt.rni.sat.s8.f32 r0, f1;", 0x43960000, 127)]
    [InlineData("cvt.rpi.f32.f32 f0, f1;", 0x3FA00000, 0x40000000)]
    [InlineData("cvt.rn.f32.u64 f0, x1;", 0xFFFFFFFFFFFFFFFF, 0x5F800000)]
    [InlineData("cvt.rz.f32.s32 f0, r1;", 0x7FFFFFFF, 0x4EFFFFFF)]
    [InlineData("cvt.rn.f16.f32 h0, f1;", 0x477FF000, 0x7C00)] // 65520 rounds to infinity
    [InlineData("cvt.rn.satfinite.f16.f32 h0, f1;", 0x477FF000, 0x7BFF)]
    [InlineData("cvt.f32.f16 f0, h1;", 0x0001, 0x33800000)]
    [InlineData("cvt.rn.bf16.f32 h0, f1;", 0x3F808000, 0x3F80)]
    [InlineData("cvt.f32.bf16 f0, h1;", 0xC040, 0xC0400000)]
    [InlineData("cvt.rn.f32.f64 f0, d1;", 0x3FF0000010000000, 0x3F800000)]
    [InlineData("cvt.rna.tf32.f32 r0, f1;", 0x3F801000, 0x3F802000)]
    [InlineData("cvt.rn.bf16x2.f32 r0, f1, f1;", 0x3F800000, 0x3F803F80)]
    [InlineData("cvt.rn.satfinite.e4m3x2.f32 h0, f1, 0f00000000;", 0x44000000, 0x7E00)] // 512 gives 448
    [InlineData("cvt.rn.f16x2.e4m3x2 r0, h1;", 0x7E38, 0x5F003C00)]
    [InlineData("cvt.rn.f16x2.e5m2x2 r0, h1;", 0x3C01, 0x3C000100)]
    [InlineData("cvt.pack.sat.s8.s32.b32 r0, r1, r1, 7;", 0x1000, 0x00077F7F)]
    [InlineData("cvt.sat.f32.f32 f0, f1;", 0x40000000, 0x3F800000)]
    public void Conversions(string text, ulong a, ulong expected) => Check(text, a, 0, 0, expected);

    [Theory]
    [InlineData("mov.b64 {r0, r4}, x1;", 0x1122334455667788, 0x55667788)]
    [InlineData("mov.b64 {_, r0}, x1;", 0x1122334455667788, 0x11223344)]
    [InlineData("mov.b32 {h1, h2}, r1; mov.b32 r0, {h2, h1};", 0x11223344, 0x33441122)]
    [InlineData("{ .reg .b8 b<4>; mov.b32 {b0, b1, b2, b3}, r1; mov.b32 r0, {b3, b2, b1, b0}; }", 0x11223344, 0x44332211)]
    [InlineData("{ .reg .v2 .b32 v; mov.b64 {v.x, v.y}, x1; mov.b32 r0, v.y; }", 0x1122334455667788, 0x11223344)]
    [InlineData("{ .reg .b128 q; mov.b128 q, {x1, x1}; mov.b128 {x2, x0}, q; }", 0x1122334455667788, 0x1122334455667788)]
    [InlineData("mov.u32 r0, %lanemask_le;", 0, 1)]
    [InlineData("mov.u32 r0, %nctaid.x;", 0, 1)]
    [InlineData("mov.u64 x1, counter; cvta.global.u64 x1, x1; atom.cas.b32 r2, [x1], 41, 43; ld.u32 r0, [x1+0];", 0, 43)]
    [InlineData("atom.global.inc.u32 r2, [counter], 41; ld.global.u32 r0, [counter];", 0, 0)]
    [InlineData("red.global.max.s32 [counter], 99; ld.global.u32 r0, [counter];", 0, 99)]
    [InlineData("red.global.add.f32 [one], 0f3F800000; ld.global.u32 r0, [one];", 0, 0x40000000)]
    [InlineData("red.global.add.noftz.f16x2 [half], r1; ld.global.u32 r0, [half];", 0x3C004000, 0x40004200)]
    [InlineData("ld.const.u32 r0, [words+4];", 0, 7)]
    [InlineData("mov.u64 x1, words; add.u64 x1, x1, 8; ld.const.s8 r0, [x1];", 0, 0xFFFFFFFE)]
    [InlineData("brx.idx r1, table; table: .branchtargets A, B; A: mov.u32 r0, 5; bra.uni C; B: mov.u32 r0, 6; C:", 1, 6)]
    [InlineData("{ .param .b32 in; .param .b32 out; st.param.b32 [in+0], r1; call.uni (out), twice, (in); ld.param.b32 r0, [out+0]; }", 21, 42)]
    [InlineData("{ mov.u64 x2, twice; .param .b32 in; .param .b32 out; st.param.b32 [in], r1; proto: .callprototype (.param .b32 _) _ (.param .b32 _); call (out), x2, (in), proto; ld.param.b32 r0, [out]; }", 21, 42)]
    [InlineData("call (r0), increment, (r1);", 21, 22)]
    [InlineData("{ .param .b32 in; .param .b32 out; st.param.b32 [in], r1; call.uni (out), sum, (in); ld.param.b32 r0, [out]; }", 10, 55)]
    [InlineData("{ ld.global.u64 x2, [functions+8]; .param .b32 in; .param .b32 out; st.param.b32 [in], r1; proto: .callprototype (.param .b32 _) _ (.param .b32 _); call (out), x2, (in), proto; ld.param.b32 r0, [out]; }", 21, 42)]
    [InlineData("{ .param .b64 n; .param .b64 at; st.param.b64 [n], 16; call.uni (at), malloc, (n); ld.param.b64 x1, [at]; st.u32 [x1+12], 9; ld.u32 r0, [x1+12]; { .param .b64 p; st.param.b64 [p], x1; call.uni free, (p); } }", 0, 9)]
    [InlineData("vavrg2.s32.s32.s32 r0, r1, 0, 0;", 0xFFFD0003, 0xFFFE0002)]
    [InlineData("activemask.b32 r0;", 0, 1)]
    [InlineData("elect.sync r0|p0, 1; selp.u32 r0, 8, 9, p0;", 0, 8)]
    [InlineData("redux.sync.add.s32 r0, r1, 1;", 7, 7)]
    [InlineData("match.any.sync.b32 r0, r1, 1;", 7, 1)]
    [InlineData("bar.red.popc.u32 r0, 0, p2;", 0, 0)]
    [InlineData("isspacep.global p0, x1; selp.u32 r0, 1, 0, p0;", 0x700000000, 1)]
    [InlineData("createpolicy.fractional.L2::evict_first.b64 x1, 1.0; ld.global.L1::no_allocate.L2::cache_hint.u32 r0, [counter], x1;", 0, 41)]
    public void Moves_memory_and_control(string text, ulong a, ulong expected) => Check(text, a, 0, 0, expected);

    [Theory]
    [InlineData("frobnicate.b32 r0, r1;", "PTX line 26: `frobnicate.b32 r0, r1`: the emulator does not know the opcode frobnicate.")]
    [InlineData("add.wibble.s32 r0, r1, r2;", "PTX line 26: `add.wibble.s32 r0, r1, r2`: the emulator does not know .wibble of add.")]
    [InlineData("mov.b32 r0, nobody;", "PTX line 26: `mov.b32 r0, nobody`: the name nobody is not declared.")]
    [InlineData("add.s32 x9, r1, r2;", "PTX line 26: `add.s32 x9, r1, r2`: the register x9 is not declared.")]
    [InlineData("add.s64 x0, r1, x2;", "PTX line 26: `add.s64 x0, r1, x2`: r1 has 32 bits, but .s64 has 64.")]
    [InlineData("bra NOWHERE;", "PTX line 26: `bra NOWHERE`: the label NOWHERE does not exist.")]
    [InlineData("shfl.up.b32 r0, r1, 1, 0;", "PTX line 26: `shfl.up.b32 r0, r1, 1, 0`: shfl without .sync is not part of this architecture.")]
    public void What_is_wrong_is_refused_with_its_line(string text, string message) =>
        Assert.Equal(message, Assert.Throws<DeviceException>(() => Run(text, 0, 0, 0)).Message);

    [Fact]
    public void What_the_target_lacks_is_refused()
    {
        DeviceException e = Assert.Throws<DeviceException>(() => Run("elect.sync r0|p0, 1;", 0, 0, 0, GpuArch.Sm80));

        Assert.Equal("PTX line 26: `elect.sync r0|p0, 1`: elect needs sm_90, but the module's target is sm_80.", e.Message);
    }

    private static void Check(string text, ulong a, ulong b, ulong c, ulong expected)
    {
        (ulong got, LaunchReport report) = Run(text, a, b, c);

        Assert.Empty(report.Reports);
        Assert.Equal($"0x{expected:x}", $"0x{got:x}");
    }

    private static (ulong Result, LaunchReport Report) Run(string text, ulong a, ulong b, ulong c, GpuArch? target = null)
    {
        GpuArch arch = target ?? GpuArch.Sm90a;
        char kind = text.Contains("x0", StringComparison.Ordinal) ? 'x' : text.Contains("d0", StringComparison.Ordinal) ? 'd'
            : text.Contains("h0", StringComparison.Ordinal) ? 'h' : text.Contains("f0,", StringComparison.Ordinal) ? 'f' : 'r';
        string store = kind switch
        {
            'x' => "st.global.b64 [out], x0;",
            'd' => "st.global.f64 [out], d0;",
            'h' => "cvt.u64.u16 x0, h0; st.global.b64 [out], x0;",
            'f' => "mov.b32 r0, f0; cvt.u64.u32 x0, r0; st.global.b64 [out], x0;",
            _ => "cvt.u64.u32 x0, r0; st.global.b64 [out], x0;",
        };
        string ptx = $$"""
            .version 8.3
            .target {{arch}}
            .address_size 64
            .global .u32 counter = 41;
            .global .f32 one = 1.0;
            .global .b32 half = 0x3C003C00;
            .const .align 4 .u32 words[3] = {1, 7, 0xFFFFFFFE};
            .func (.param .b32 r) twice(.param .b32 v) { .reg .b32 t; ld.param.b32 t, [v]; add.u32 t, t, t; st.param.b32 [r], t; ret; }
            .func (.reg .b32 r) increment(.reg .b32 v) { add.u32 r, v, 1; ret; } .func (.param .b32 r) sum(.param .b32 v) { .reg .b32 t, u; .reg .pred q; .param .b32 in; .param .b32 out; ld.param.b32 t, [v]; setp.eq.u32 q, t, 0; mov.u32 u, 0; @q bra E; sub.u32 u, t, 1; st.param.b32 [in], u; call.uni (out), sum, (in); ld.param.b32 u, [out]; E: add.u32 u, u, t; st.param.b32 [r], u; ret; } .extern .func (.param .b64 r) malloc(.param .b64 n); .extern .func free(.param .b64 p); .global .u64 functions[2] = {sum, twice};
            .visible .entry kernel(.param .u64 pout, .param .u64 in1, .param .u64 in2, .param .u64 in3)
            {
                .reg .pred p<4>;
                .reg .b16 h<4>;
                .reg .b32 r<5>;
                .reg .b64 x<4>, out;
                .reg .f32 f<4>;
                .reg .f64 d<4>;
                ld.param.u64 out, [pout];
                ld.param.u64 x1, [in1]; ld.param.u64 x2, [in2]; ld.param.u64 x3, [in3];
                cvt.u32.u64 r1, x1; cvt.u32.u64 r2, x2; cvt.u32.u64 r3, x3;
                cvt.u16.u64 h1, x1; cvt.u16.u64 h2, x2; cvt.u16.u64 h3, x3;
                mov.b32 f1, r1; mov.b32 f2, r2; mov.b32 f3, r3;
                mov.b64 d1, x1; mov.b64 d2, x2; mov.b64 d3, x3;
                setp.ne.u32 p2, r1, r1;
                // the instruction
                {{text}}
                {{store}}
                ret;
            }
            """;
        using EmulatedMemory memory = new();
        PtxEmulator emulator = new(memory, new EmulatorOptions { Arch = arch, Threads = 1 });
        ulong address = memory.Allocate(8).Address;
        LoadedProgram program = emulator.Load(ptx, "kernel");
        LaunchReport report = emulator.Launch(program, 1, 1, [.. new[] { address, a, b, c }.Select(v => (ReadOnlyMemory<byte>)BitConverter.GetBytes(v))]);
        byte[] bytes = new byte[8];
        Assert.Equal((0, -1), memory.Read(address, bytes));
        return (BitConverter.ToUInt64(bytes), report);
    }
}
