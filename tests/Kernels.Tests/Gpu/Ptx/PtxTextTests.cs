using System.Diagnostics;
using System.Runtime.CompilerServices;
using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Ptx;

namespace Puna.Kernels.Tests.Gpu.Ptx;

public class PtxTextTests
{
    [Fact]
    public void Instructions_stand_under_the_line_that_wrote_them()
    {
        int first = 0, last = 0;
        string text = Write(k =>
        {
            first = Line(); Global<F32> x = k.PointerParam<F32>("x"); F32 a = x[k.ThreadX];
            F32 b = a * 2 + 1;
            last = Line(); x[k.ThreadX] = b;
        });

        string[] lines = text.Split('\n', StringSplitOptions.TrimEntries);
        int load = Array.IndexOf(lines, $"// PtxTextTests.cs:{first}"), store = Array.IndexOf(lines, $"// PtxTextTests.cs:{last}");
        Assert.Equal("ld.global.f32 %f0, [%x_at];", lines[load + 2]);
        Assert.Equal(load + 3, store);
        // operators have no line of their own: they stand with the call that follows them
        Assert.Equal(["mul.rn.f32 %f1, %f0, 0f40000000; // 2", "add.rn.f32 %f2, %f1, 0f3F800000; // 1"], lines[(store + 1)..(store + 3)]);
    }

    [Fact]
    public void Text_without_lines_does_not_change_when_code_moves()
    {
        Action<PtxBuilder> here = k => k.PointerParam<F32>("x")[k.ThreadX] = 1;
        Action<PtxBuilder> there = k => k.PointerParam<F32>("x")[k.ThreadX] = 1;

        Assert.NotEqual(Write(here), Write(there));
        Assert.Equal(PtxBuilder.WithoutSourceLines(Write(here)), PtxBuilder.WithoutSourceLines(Write(there)));
        Assert.Equal(Write(here), Write(here));
    }

    [Fact]
    public void Registers_are_called_as_in_CSharp()
    {
        string text = Write(k =>
        {
            Global<F32> rows = k.PointerParam<F32>("rows");
            F32[] acc = k.Variables<F32>(2, 0);
            U32 place = k.ThreadX * 3;
            k.For(place, 9, column => k.Set(acc[1], acc[1] + rows.Row(k.BlockX, 9)[column]));
            Pred isFirst = place == 0;
            k.If(isFirst, () => { rows[0] = acc[1].Named("total"); rows[1] = acc[0]; });
        });

        Assert.Contains("for_column:", text, StringComparison.Ordinal);
        Assert.Contains("mad.wide.u32 %rows_at, %column, 4, %rows_row;", text, StringComparison.Ordinal);
        Assert.Contains("add.rn.f32 %total, %total, %f1;", text, StringComparison.Ordinal);
        Assert.Contains("@!%isFirst bra if_isFirst_end;", text, StringComparison.Ordinal);
        Assert.Contains("mul.lo.u32 %place, %tid_x, 3;", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Constants_are_written_as_ptx_writes_them()
    {
        string text = Write(k =>
        {
            _ = k.ThreadX & 0xFF00FF00u;
            _ = (I32)k.ThreadX + -3;
            _ = k.Copy<F32>(-0.0f);
            _ = k.Copy<F64>(0.1);
            _ = k.Copy((F16)1.5f);
            _ = k.Copy<U64>(ulong.MaxValue);
        });

        Assert.Contains("and.b32 %r0, %tid_x, 0xFF00FF00;", text, StringComparison.Ordinal);
        Assert.Contains("add.s32 %r1, %tid_x, -3;", text, StringComparison.Ordinal);
        Assert.Contains("mov.f32 %f0, 0f80000000; // -0", text, StringComparison.Ordinal);
        Assert.Contains("mov.f64 %fd0, 0d3FB999999999999A; // 0.1", text, StringComparison.Ordinal);
        Assert.Contains("mov.b16 %h0, 0x3E00;", text, StringComparison.Ordinal);
        Assert.Contains("mov.u64 %rd0, 0xFFFFFFFFFFFFFFFF;", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_character_is_ascii() => Assert.All(Constructs.All, c =>
        Assert.DoesNotContain(c.Kernel(c.Lowest).Ptx!, ch => ch is > '~' or < ' ' and not '\n'));

    [Fact]
    public void Ten_thousand_instructions_are_written_in_less_than_a_second()
    {
        Stopwatch watch = Stopwatch.StartNew();

        string text = Write(k =>
        {
            F32 sum = k.Variable<F32>(0);
            k.Unroll(10_000, i => k.Set(sum, F32.Fma(sum, i, 1)));
            k.PointerParam<F32>("y")[0] = sum;
        });

        Assert.Equal(10_000, text.Split("fma.rn.f32").Length - 1);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 1);
    }

    private static int Line([CallerLineNumber] int line = 0) => line;

    private static string Write(Action<PtxBuilder> body) => PtxBuilder.Kernel("text", GpuArch.Sm80, 32, body).Ptx!;
}
