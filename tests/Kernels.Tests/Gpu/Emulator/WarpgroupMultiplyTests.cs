using System.Text;
using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Emulator;
using Puna.Kernels.Gpu.Emulator.Numerics;
using Puna.Kernels.Gpu.Layouts;

namespace Puna.Kernels.Tests.Gpu.Emulator;

/// <summary>wgmma of all types, layouts and swizzles against a textbook product, and the mistakes around it.</summary>
public sealed class WarpgroupMultiplyTests
{
    /// <summary>Types, N, swizzle, whether A is in registers, whether A and B are transposed.</summary>
    public static TheoryData<string, int, int, bool, bool, bool> Products
    {
        get
        {
            TheoryData<string, int, int, bool, bool, bool> data = [];
            foreach (string types in new[] { "f32.f16.f16", "f16.f16.f16", "f32.bf16.bf16", "f32.tf32.tf32", "f32.e4m3.e5m2", "f16.e5m2.e5m2", "s32.s8.u8", "s32.u8.s8" })
            {
                foreach (int swizzle in new[] { 0, 1, 2, 3 })
                    data.Add(types, 64, swizzle, false, false, false);
                data.Add(types, 8, 3, true, false, false);
                data.Add(types, 256, 3, false, false, false);
            }

            data.Add("f32.bf16.bf16", 24, 2, false, false, false);
            data.Add("f32.bf16.bf16", 136, 1, true, false, false);
            foreach (int swizzle in new[] { 0, 1, 2, 3 })
            {
                data.Add("f32.f16.f16", 64, swizzle, false, false, true);
                data.Add("f32.bf16.bf16", 128, swizzle, false, true, false);
                data.Add("f16.f16.f16", 192, swizzle, false, true, true);
                data.Add("f32.bf16.bf16", 64, swizzle, true, false, true);
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(Products))]
    public void A_product_is_the_textbooks_in_both_schedules(string types, int n, int swizzle, bool inRegisters, bool transposedA, bool transposedB)
    {
        WarpgroupCase test = new(types, n, (SwizzleMode)swizzle, inRegisters, transposedA, transposedB);
        foreach (AsyncSchedule schedule in Enum.GetValues<AsyncSchedule>())
        {
            using PtxRun run = test.Run(new EmulatorOptions { Schedule = schedule, ShuffleSums = schedule == AsyncSchedule.Early, Seed = n });

            Assert.Empty(run.Report.Reports);
            test.Check(run);
        }
    }

    [Fact]
    public void Scales_negate_and_scale_d_drops_what_was_there()
    {
        WarpgroupCase test = new("f32.bf16.bf16", 16, SwizzleMode.Bytes128, false, false, false) { Scales = (-1, 1), DropsD = true };

        using PtxRun run = test.Run(new EmulatorOptions());

        Assert.Empty(run.Report.Reports);
        test.Check(run);
    }

    [Theory]
    [InlineData("wait", FindingKind.UndefinedStore)]
    [InlineData("fence", FindingKind.Misuse)]
    [InlineData("proxy", FindingKind.MissingProxyFence)]
    [InlineData("barrier", FindingKind.MissingProxyFence)]
    [InlineData("touch", FindingKind.InFlight)]
    [InlineData("touchA", FindingKind.InFlight)]
    [InlineData("refence", FindingKind.Misuse)]
    [InlineData("overwrite", FindingKind.InFlight)]
    [InlineData("align", FindingKind.Misaligned)]
    [InlineData("outside", FindingKind.OutOfBounds)]
    [InlineData("lanes", FindingKind.Misuse)]
    [InlineData("tile", FindingKind.UndefinedStore)]
    public void A_broken_kernel_is_reported_and_its_mended_twin_is_not(string mistake, FindingKind expected)
    {
        foreach (AsyncSchedule schedule in Enum.GetValues<AsyncSchedule>())
        {
            WarpgroupCase mended = new("f32.bf16.bf16", 16, SwizzleMode.Bytes128, mistake == "touchA", false, false);
            using PtxRun right = mended.Run(new EmulatorOptions { Schedule = schedule });
            Assert.Empty(right.Report.Reports);
            Assert.Empty(right.Report.Notes);
            mended.Check(right);

            WarpgroupCase broken = new("f32.bf16.bf16", 16, SwizzleMode.Bytes128, mistake == "touchA", false, false) { Mistake = mistake };
            using PtxRun wrong = broken.Run(new EmulatorOptions { Schedule = schedule });
            Assert.Contains(wrong.Report.Reports.Concat(wrong.Report.Notes), f => f.Kind == expected);
        }
    }

    [Fact]
    public void An_undefined_row_of_A_makes_one_row_undefined()
    {
        WarpgroupCase test = new("f32.bf16.bf16", 16, SwizzleMode.Bytes128, false, false, false) { HiddenRowOfA = 21 };

        using PtxRun run = test.Run(new EmulatorOptions());

        bool[] undefined = run.UndefinedBytes(3);
        for (int thread = 0; thread < 128; thread++)
        {
            for (int i = 0; i < 8; i++)
                Assert.Equal(WgmmaFragment.Accumulator(thread / 32, thread % 32, i).Row == 21, undefined[(thread * 8 + i) * 4]);
        }
    }
}

/// <summary>A kernel that fills shared memory with two tiles, multiplies them by a chain of wgmma, and stores the accumulator.</summary>
internal sealed class WarpgroupCase
{
    private const int TileB = 8192;
    private readonly MatrixElement _a, _b, _d;
    private readonly int _n, _k, _steps;
    private readonly SwizzleMode _swizzle;
    private readonly bool _inRegisters, _transposedA, _transposedB;
    private readonly string _types;
    private readonly ulong[] _left, _right;
    private readonly double[] _sums;

    public WarpgroupCase(string types, int n, SwizzleMode swizzle, bool inRegisters, bool transposedA, bool transposedB)
    {
        (_types, _n, _swizzle, _inRegisters, _transposedA, _transposedB) = (types, n, swizzle, inRegisters, transposedA, transposedB);
        MatrixElement[] elements = [.. types.Split('.').Select(t => Enum.Parse<MatrixElement>(t, ignoreCase: true))];
        (_d, _a, _b) = (elements[0], elements[1], elements[2]);
        _k = 256 / _a.Bits();
        // operands along k are one swizzle span wide, which takes several steps
        _steps = transposedA || transposedB || inRegisters ? 1 : Math.Max(1, Swizzles.SpanBytes(swizzle) / 32);
        Random random = new(n + (int)swizzle);
        _left = Codes(random, _a, 64 * _k * _steps);
        _right = Codes(random, _b, _k * _steps * n);
        _sums = [.. Enumerable.Range(0, 64 * n).Select(i => (double)(i % 7 - 3))];
    }

    public (int A, int B) Scales { get; init; } = (1, 1);

    public bool DropsD { get; init; }

    public string Mistake { get; init; } = "";

    /// <summary>A row of A that is never written to shared memory; -1 for none.</summary>
    public int HiddenRowOfA { get; init; } = -1;

    private int ImageBytes
    {
        get
        {
            int span = Swizzles.SpanBytes(_swizzle), size = _b.Bits() / 8;
            int bytes = _transposedB ? (_n * size + span - 1) / span * span * Depth : _n * Math.Max(span, Depth * size);
            return TileB + (bytes + 2047) / 2048 * 2048;
        }
    }

    private int Depth => _k * _steps;

    public PtxRun Run(EmulatorOptions options)
    {
        byte[] image = new byte[ImageBytes];
        Fill(image.AsSpan(0, TileB), _left, 64, _a, _transposedA, isRowMajor: true);
        Fill(image.AsSpan(TileB), _right, _n, _b, _transposedB, isRowMajor: false);
        uint[] registersA = new uint[128 * 4];
        for (int thread = 0; thread < 128 && _inRegisters; thread++)
        {
            int per = 128 / _a.Bits();
            for (int i = 0; i < per; i++)
            {
                MatrixPosition at = WgmmaFragment.A(thread / 32, thread % 32, i, _a.Bits());
                int inWord = 32 / _a.Bits();
                registersA[thread * 4 + i / inWord] |= (uint)_left[at.Row * Depth + at.Column] << (i % inWord * _a.Bits());
            }
        }

        byte[] sums = new byte[128 * Words * 4];
        for (int thread = 0; thread < 128; thread++)
        {
            for (int i = 0; i < _n / 2; i++)
            {
                MatrixPosition at = WgmmaFragment.Accumulator(thread / 32, thread % 32, i);
                WriteSum(sums, thread, i, _sums[at.Row * _n + at.Column]);
            }
        }

        PtxRun run = new PtxRun().Buffer<byte>(image).Buffer<uint>(registersA).Buffer<byte>(sums).Undefined(sums.Length);
        return run.Launch(Text(), 128, options);
    }

    public void Check(PtxRun run)
    {
        byte[] result = run.Read<byte>(3);
        double[] left = [.. _left.Select(c => Value(_a, c))], right = [.. _right.Select(c => Value(_b, c))];
        for (int thread = 0; thread < 128; thread++)
        {
            for (int i = 0; i < _n / 2; i++)
            {
                MatrixPosition at = WgmmaFragment.Accumulator(thread / 32, thread % 32, i);
                double actual = ReadSum(result, thread, i);
                double expected = DropsD ? 0 : _sums[at.Row * _n + at.Column], size = Math.Abs(expected);
                for (int k = 0; k < Depth; k++)
                {
                    double product = left[at.Row * Depth + k] * right[k * _n + at.Column] * Scales.A * Scales.B;
                    expected += product;
                    size += Math.Abs(product);
                }

                double tolerance = _d switch
                {
                    MatrixElement.F16 => size * _steps * (Math.ScaleB(1, -11) + _k * Math.ScaleB(1, -24)),
                    MatrixElement.F32 => size * (Depth + 1) * Math.ScaleB(1, -24),
                    _ => 0,
                };
                Assert.True(Math.Abs(actual - expected) <= tolerance, $"{_types} n {_n} {_swizzle} {at}: {actual:R}, expected {expected:R} ± {tolerance:G3}");
            }
        }
    }

    private int Words => _n / 2 / (_d == MatrixElement.F16 ? 2 : 1);

    private void WriteSum(byte[] to, int thread, int i, double value)
    {
        Span<byte> at = to.AsSpan(thread * Words * 4);
        if (_d == MatrixElement.F16)
            BitConverter.TryWriteBytes(at[(2 * i)..], (Half)value);
        else if (_d == MatrixElement.F32)
            BitConverter.TryWriteBytes(at[(4 * i)..], (float)value);
        else
            BitConverter.TryWriteBytes(at[(4 * i)..], (int)value);
    }

    private double ReadSum(byte[] from, int thread, int i)
    {
        ReadOnlySpan<byte> at = from.AsSpan(thread * Words * 4);
        return _d switch
        {
            MatrixElement.F16 => (double)BitConverter.ToHalf(at[(2 * i)..]),
            MatrixElement.F32 => BitConverter.ToSingle(at[(4 * i)..]),
            _ => BitConverter.ToInt32(at[(4 * i)..]),
        };
    }

    // Along k: rows of one swizzle span (without one: two columns of chunks). Along rows: blocks of a span of rows, in each
    // one line per k. Chunks of a line are exchanged by the number of the line, as tensor copies do.
    private void Fill(Span<byte> tile, ulong[] codes, int rows, MatrixElement element, bool isTransposed, bool isRowMajor)
    {
        int size = element.Bits() / 8, span = Swizzles.SpanBytes(_swizzle);
        for (int row = 0; row < rows; row++)
        {
            for (int k = 0; k < Depth; k++)
            {
                ulong code = isRowMajor ? codes[row * Depth + k] : codes[k * rows + row];
                int line = isTransposed ? k : row, x = (isTransposed ? row : k) * size, lines = isTransposed ? Depth : rows;
                int at = x / span * lines * span + line * span + Exchange(line, x % span);
                for (int i = 0; i < size; i++)
                    tile[at + i] = (byte)(code >> (8 * i));
            }
        }
    }

    private int Exchange(int line, int x)
    {
        int chunk = x / 16, other = _swizzle switch
        {
            SwizzleMode.Bytes128 => chunk ^ line % 8,
            SwizzleMode.Bytes64 => chunk ^ line / 2 % 4,
            SwizzleMode.Bytes32 => chunk ^ line / 4 % 2,
            _ => chunk,
        };
        return other * 16 + x % 16;
    }

    private ulong Descriptor(int rows, bool isTransposed)
    {
        int span = Swizzles.SpanBytes(_swizzle);
        // without a swizzle: 8 lines of 16 bytes are 128 bytes, and the next chunk lies all lines further
        (int leading, int stride) = (isTransposed, _swizzle) switch
        {
            (false, SwizzleMode.None) => (rows * 16, 128),
            (false, _) => (16, 8 * span),
            (true, SwizzleMode.None) => (128, Depth * 16),
            _ => (Depth * span, 8 * span),
        };
        return new WgmmaDescriptor(0, leading, stride, _swizzle).Encode();
    }

    private string Text()
    {
        int words = Words;
        bool is16 = _a.Bits() == 16, isInteger = _a.IsInteger();
        string d = string.Join(", ", Enumerable.Range(0, words).Select(i => $"d{i}"));
        string options = isInteger ? "p" : $"p, {Scales.A}, {Scales.B}" + (is16 ? (_inRegisters ? "" : $", {(_transposedA ? 1 : 0)}") + $", {(_transposedB ? 1 : 0)}" : "");
        int hiddenBytes = HiddenRowOfA < 0 ? 0 : HiddenRowOfA * 128;
        string register = _d == MatrixElement.F16 ? "b32" : _d == MatrixElement.F32 ? "f32" : "s32";
        StringBuilder t = new($$"""
            .version 8.4
            .target sm_90a
            .address_size 64
            .shared .align 1024 .b8 memory[{{ImageBytes}}];
            .visible .entry k(.param .u64 image, .param .u64 ra, .param .u64 sums, .param .u64 out)
            {
            .reg .u64 x, y, o, da, db, start;
            .reg .u32 tid, i, s, tile, e<4>;
            .reg .b32 ra<4>;
            .reg .{{register}} d<129>;
            .reg .pred p, q;
            mov.u32 tid, %tid.x;
            mov.u32 tile, memory;
            ld.param.u64 x, [image];
            mul.lo.u32 i, tid, 16;
            mov.u32 s, tile;
            LOOP:
            mul.wide.u32 o, i, 1;
            add.u64 y, x, o;
            ld.global.v4.u32 {e0, e1, e2, e3}, [y];
            add.u32 s, i, tile;
            sub.u32 s, i, {{hiddenBytes}};
            setp.lt.u32 q, s, {{(HiddenRowOfA < 0 ? 0 : 128)}};
            add.u32 s, i, tile;
            @!q st.shared.v4.u32 [s], {e0, e1, e2, e3};
            add.u32 i, i, 2048;
            setp.lt.u32 q, i, {{(Mistake == "tile" ? TileB : ImageBytes)}};
            @q bra LOOP;

            """);
        if (Mistake != "proxy")
            t.AppendLine("fence.proxy.async;");
        if (Mistake != "barrier")
            t.AppendLine("bar.sync 0;");
        t.AppendLine($"ld.param.u64 x, [ra]; mul.wide.u32 o, tid, 16; add.u64 y, x, o; ld.global.v4.u32 {{ra0, ra1, ra2, ra3}}, [y];");
        t.AppendLine($"ld.param.u64 x, [sums]; mul.wide.u32 o, tid, {4 * words}; add.u64 y, x, o;");
        for (int i = 0; i < words; i++)
            t.AppendLine($"ld.global.{register} d{i}, [y+{4 * i}];");
        t.AppendLine("mov.u32 s, tile; shr.u32 s, s, 4; mul.wide.u32 start, s, 1;");
        t.AppendLine($"add.u64 da, start, {Descriptor(64, _transposedA)}; add.u64 db, start, {Descriptor(_n, _transposedB) + TileB / 16};");
        if (Mistake == "align")
            t.AppendLine("add.u64 db, db, 8;");
        if (Mistake == "outside")
            t.AppendLine("add.u64 db, db, 4096;");
        if (Mistake == "lanes")
            t.AppendLine("mul.wide.u32 o, tid, 64; add.u64 db, db, o;");
        if (Mistake != "fence")
            t.AppendLine("wgmma.fence.sync.aligned;");
        if (Mistake == "refence")
            t.AppendLine($"add.{(register == "f32" ? "s32" : register)} tid, tid, 0; mov.b32 d3, tid;");
        t.AppendLine(DropsD ? "setp.ne.u32 p, tid, tid;" : "setp.eq.u32 p, tid, tid;");
        for (int step = 0; step < _steps; step++)
        {
            if (step == 1)
                t.AppendLine("setp.eq.u32 p, tid, tid;");
            string left = _inRegisters ? "{ra0, ra1, ra2, ra3}" : "da";
            t.AppendLine($"wgmma.mma_async.sync.aligned.m64n{_n}k{_k}.{_types} {{{d}}}, {left}, db, {options};");
            t.AppendLine("add.u64 da, da, 2; add.u64 db, db, 2;");
        }

        t.AppendLine("wgmma.commit_group.sync.aligned;");
        if (Mistake == "touch")
            t.AppendLine("mov.b32 d2, tid;");
        if (Mistake == "touchA")
            t.AppendLine("mov.b32 ra2, tid;");
        if (Mistake == "overwrite")
            t.AppendLine("mul.lo.u32 s, tid, 4; add.u32 s, s, tile; st.shared.u32 [s], tid;");
        if (Mistake != "wait")
            t.AppendLine("wgmma.wait_group.sync.aligned 0;");
        t.AppendLine($"ld.param.u64 x, [out]; mul.wide.u32 o, tid, {4 * words}; add.u64 y, x, o;");
        for (int i = 0; i < words; i++)
            t.AppendLine($"st.global.{register} [y+{4 * i}], d{i};");
        return t.Append("ret; }").ToString();
    }

    private static ulong[] Codes(Random random, MatrixElement element, int count) => [.. Enumerable.Range(0, count).Select(_ => element switch
    {
        MatrixElement.F16 => Puna.Kernels.Gpu.Emulator.Numerics.Codes.ToF16(random.NextDouble() * 2 - 1),
        MatrixElement.BF16 => Puna.Kernels.Gpu.Emulator.Numerics.Codes.ToBF16((float)(random.NextDouble() * 2 - 1)),
        MatrixElement.TF32 => BitConverter.SingleToUInt32Bits((float)(random.NextDouble() * 2 - 1)),
        MatrixElement.E4M3 or MatrixElement.E5M2 => (ulong)(random.Next(2) << 7 | random.Next(0x40)),
        _ => (ulong)random.Next(256),
    })];

    private static double Value(MatrixElement element, ulong code) => element switch
    {
        MatrixElement.F16 => FloatFormat.F16.Decode(code),
        MatrixElement.BF16 => FloatFormat.BF16.Decode(code),
        MatrixElement.TF32 => FloatFormat.TF32.Decode(code >> 13),
        MatrixElement.E4M3 => FloatFormat.E4M3.Decode(code),
        MatrixElement.E5M2 => FloatFormat.E5M2.Decode(code),
        MatrixElement.S8 => (sbyte)code,
        _ => code,
    };
}
