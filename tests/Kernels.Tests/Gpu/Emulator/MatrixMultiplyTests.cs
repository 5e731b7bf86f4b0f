using System.Text;
using Puna.Kernels.Gpu.Emulator;
using Puna.Kernels.Gpu.Emulator.Numerics;
using Puna.Kernels.Gpu.Layouts;

namespace Puna.Kernels.Tests.Gpu.Emulator;

/// <summary>
/// <c>mma.sync</c> of every shape and type against a textbook product. Fragments are packed by the layouts, which have
/// tests of their own; each lane loads its words, multiplies and stores.
/// </summary>
public sealed class MatrixMultiplyTests
{
    public static TheoryData<string, string> Products => new()
    {
        { "m16n8k8.row.col", "f32.f16.f16.f32" }, { "m16n8k16.row.col", "f32.f16.f16.f32" }, { "m16n8k8.row.col", "f16.f16.f16.f16" },
        { "m16n8k16.row.col", "f16.f16.f16.f16" }, { "m16n8k8.row.col", "f32.bf16.bf16.f32" }, { "m16n8k16.row.col", "f32.bf16.bf16.f32" },
        { "m16n8k4.row.col", "f32.tf32.tf32.f32" }, { "m16n8k8.row.col", "f32.tf32.tf32.f32" }, { "m16n8k32.row.col", "f32.e4m3.e4m3.f32" },
        { "m16n8k32.row.col", "f32.e5m2.e4m3.f32" }, { "m16n8k16.row.col", "f32.e4m3.e5m2.f32" }, { "m16n8k32.row.col", "f16.e4m3.e4m3.f16" },
        { "m8n8k16.row.col", "s32.s8.s8.s32" }, { "m16n8k16.row.col", "s32.u8.s8.s32" }, { "m16n8k32.row.col", "s32.s8.u8.s32" },
        { "m8n8k32.row.col", "s32.s4.s4.s32" }, { "m16n8k32.row.col", "s32.u4.s4.s32" }, { "m16n8k64.row.col", "s32.s4.u4.s32" },
        { "m8n8k4.row.col", "f64.f64.f64.f64" }, { "m16n8k4.row.col", "f64.f64.f64.f64" }, { "m16n8k8.row.col", "f64.f64.f64.f64" },
        { "m16n8k16.row.col", "f64.f64.f64.f64" }, { "m8n8k128.row.col", "s32.b1.b1.s32.xor.popc" }, { "m16n8k128.row.col", "s32.b1.b1.s32.and.popc" },
        { "m16n8k256.row.col", "s32.b1.b1.s32.xor.popc" },
    };

    [Theory, MemberData(nameof(Products))]
    public void A_product_is_the_textbooks(string shape, string types)
    {
        Case test = new(shape, types, seed: 3);

        using PtxRun run = test.Run(new EmulatorOptions());

        Assert.Empty(run.Report.Reports);
        test.Check(run.Read<byte>(3));
    }

    [Theory, MemberData(nameof(Products))]
    public void A_shuffled_product_differs_by_rounding_alone(string shape, string types)
    {
        Case test = new(shape, types, seed: 4);

        using PtxRun plain = test.Run(new EmulatorOptions());
        using PtxRun one = test.Run(new EmulatorOptions { ShuffleSums = true, Seed = 1 });
        using PtxRun again = test.Run(new EmulatorOptions { ShuffleSums = true, Seed = 1 });
        using PtxRun other = test.Run(new EmulatorOptions { ShuffleSums = true, Seed = 2 });

        test.Check(one.Read<byte>(3));
        test.Check(other.Read<byte>(3));
        Assert.Equal(one.Read<byte>(3), again.Read<byte>(3));
        bool isRounded = types.StartsWith("f32", StringComparison.Ordinal);
        if (isRounded)
        {
            Assert.NotEqual(plain.Read<byte>(3), one.Read<byte>(3));
            Assert.NotEqual(other.Read<byte>(3), one.Read<byte>(3));
        }
    }

    [Fact]
    public void An_undefined_element_of_A_taints_its_row_and_one_of_B_its_column()
    {
        Case test = new("m16n8k16.row.col", "f32.bf16.bf16.f32", seed: 5);

        // a2 of lane 4g + t is row g, so lane 13 is row 3; b1 of lane 22 is column 5; c3 of lane 30 is row 7 + 8, column 5
        using PtxRun run = test.Run(new EmulatorOptions(), "setp.ne.u32 q, l, 13; @q mov.b32 a2, ta2; setp.ne.u32 q, l, 22; @q mov.b32 b1, tb1; setp.ne.u32 q, l, 30; @q mov.b32 c2, tc2;");

        bool[] undefined = run.UndefinedBytes(3);
        for (int lane = 0; lane < 32; lane++)
        {
            for (int i = 0; i < 4; i++)
            {
                MatrixPosition at = MmaFragment.C(16, 8, 32).At(lane, i);
                bool expected = at.Row == 3 || at.Column == 5 || (lane == 30 && i == 2);
                Assert.True(expected == undefined[16 * lane + 4 * i], $"{at} of lane {lane}");
            }
        }
    }

    [Fact]
    public void Integer_sums_wrap_or_saturate()
    {
        Case test = new("m16n8k32.row.col", "s32.s8.s8.s32", seed: 6) { Offset = int.MaxValue - 10 };

        using PtxRun wrapped = test.Run(new EmulatorOptions());
        test.Check(wrapped.Read<byte>(3));

        Case saturated = new("m16n8k32.row.col.satfinite", "s32.s8.s8.s32", seed: 6) { Offset = int.MaxValue - 10 };
        using PtxRun clamped = saturated.Run(new EmulatorOptions());
        saturated.Check(clamped.Read<byte>(3));
        Assert.Contains(int.MaxValue, clamped.Read<int>(3));
    }

    [Fact]
    public void A_warp_that_does_not_come_together_is_reported()
    {
        Case test = new("m16n8k16.row.col", "f32.f16.f16.f32", seed: 7);

        using PtxRun run = test.Run(new EmulatorOptions(), guard: "@p");

        Finding finding = Assert.Single(run.Report.Reports);
        Assert.Equal(FindingKind.DivergentBarrier, finding.Kind);
    }

    [Theory]
    [InlineData("m16n8k16.row.col", "f32.f16.bf16.f32")]
    [InlineData("m16n8k32.row.col", "f32.f16.f16.f32")]
    [InlineData("m16n8k16.col.col", "f32.f16.f16.f32")]
    [InlineData("m16n8k16.row.col", "f16.bf16.bf16.f16")]
    public void What_the_ISA_lacks_is_refused(string shape, string types) =>
        Assert.Throws<Puna.Kernels.Gpu.DeviceException>(() => new Case(shape, types, seed: 1).Run(new EmulatorOptions()).Dispose());

    /// <summary>Random operands of one product and what must come out.</summary>
    private sealed class Case
    {
        private readonly string _spelling;
        private readonly MatrixElement _a, _b, _c;
        private readonly int _m, _k;
        private readonly ulong[] _left, _right, _sums;
        private readonly bool _isXor, _isSaturated;

        public Case(string shape, string types, int seed)
        {
            string[] words = types.Split('.');
            (_c, _a, _b) = (Parse(words[0]), Parse(words[1]), Parse(words[2]));
            _m = int.Parse(shape[1..shape.IndexOf('n', StringComparison.Ordinal)], System.Globalization.CultureInfo.InvariantCulture);
            _k = int.Parse(shape[(shape.IndexOf('k', StringComparison.Ordinal) + 1)..shape.IndexOf('.', StringComparison.Ordinal)], System.Globalization.CultureInfo.InvariantCulture);
            (_isXor, _isSaturated) = (types.Contains("xor", StringComparison.Ordinal), shape.Contains("satfinite", StringComparison.Ordinal));
            _spelling = $"mma.sync.aligned.{shape}.{types}";
            Random random = new(seed);
            _left = Codes(random, _a, _m * _k);
            _right = Codes(random, _b, _k * 8);
            _sums = Codes(random, _c, _m * 8);
        }

        /// <summary>Added to integer accumulators.</summary>
        public int Offset { get; init; }

        public PtxRun Run(EmulatorOptions options, string hidden = "", string guard = "")
        {
            MmaFragment a = MmaFragment.A(_m, 8, _k, _a.Bits()), b = MmaFragment.B(_m, 8, _k, _b.Bits()), c = MmaFragment.C(_m, 8, _c.Bits());
            if (Offset != 0)
            {
                for (int i = 0; i < _sums.Length; i++)
                    _sums[i] = (uint)((int)_sums[i] + Offset);
            }

            PtxRun run = new PtxRun().Buffer<byte>(Pack(a, _left)).Buffer<byte>(Pack(b, _right)).Buffer<byte>(Pack(c, _sums)).Undefined(Pack(c, _sums).Length);
            return run.Launch(Text(a.Registers, b.Registers, c.Registers, hidden, guard), 32, options);
        }

        public void Check(byte[] result)
        {
            MmaFragment c = MmaFragment.C(_m, 8, _c.Bits());
            for (int lane = 0; lane < 32; lane++)
            {
                for (int i = 0; i < c.ElementsPerLane; i++)
                {
                    MatrixPosition at = c.At(lane, i);
                    int bytes = _c.Bits() / 8;
                    ReadOnlySpan<byte> element = result.AsSpan((lane * c.ElementsPerLane + i) * bytes, bytes);
                    double actual = Value(_c, bytes switch { 2 => BitConverter.ToUInt16(element), 4 => BitConverter.ToUInt32(element), _ => BitConverter.ToUInt64(element) });
                    (double expected, double size) = Expected(at.Row, at.Column);
                    // each of k sums is rounded to F32, and the last one to F16
                    double tolerance = _c switch
                    {
                        MatrixElement.F32 => size * (_k + 1) * Math.ScaleB(1, -24),
                        MatrixElement.F16 => size * (Math.ScaleB(1, -11) + _k * Math.ScaleB(1, -24)),
                        MatrixElement.F64 => size * (_k + 1) * Math.ScaleB(1, -53),
                        _ => 0,
                    };
                    Assert.True(Math.Abs(actual - expected) <= tolerance, $"{_spelling} {at}: {actual:R}, expected {expected:R} ± {tolerance:G3}");
                }
            }
        }

        private (double Value, double Size) Expected(int row, int column)
        {
            double sum = Value(_c, _sums[row * 8 + column]), size = Math.Abs(sum);
            for (int k = 0; k < _k; k++)
            {
                double x = Value(_a, _left[row * _k + k]), y = Value(_b, _right[k * 8 + column]);
                double product = _isXor ? (x != y ? 1 : 0) : x * y;
                sum += product;
                size += Math.Abs(product);
            }

            if (_c != MatrixElement.S32)
                return (sum, size);
            return (_isSaturated ? Math.Clamp(sum, int.MinValue, int.MaxValue) : (int)(long)sum, 0);
        }

        private string Text(int a, int b, int c, string hidden, string guard)
        {
            bool isWide = _c == MatrixElement.F64;
            string type = isWide ? "b64" : "b32", register = isWide ? ".f64" : ".b32";
            int bytes = isWide ? 8 : 4;
            StringBuilder text = new($$"""
                .version 8.4
                .target sm_90a
                .address_size 64
                .visible .entry k(.param .u64 pa, .param .u64 pb, .param .u64 pc, .param .u64 pd)
                {
                .reg {{register}} a<9>, b<9>, c<9>, ta<9>, tb<9>, tc<9>, d<9>;
                .reg .u64 x, y, o;
                .reg .u32 l;
                .reg .pred p, q;
                mov.u32 l, %tid.x;
                setp.lt.u32 p, l, 16;

                """);
            Load(text, "a", a, bytes, type, hidden);
            Load(text, "b", b, bytes, type, hidden);
            Load(text, "c", c, bytes, type, hidden);
            text.AppendLine(hidden);
            text.AppendLine($"{guard} {_spelling} {{{List("d", c)}}}, {{{List("a", a)}}}, {{{List("b", b)}}}, {{{List("c", c)}}};");
            text.AppendLine($"ld.param.u64 x, [pd]; mul.wide.u32 o, l, {c * bytes}; add.u64 y, x, o;");
            for (int i = 0; i < c; i++)
                text.AppendLine($"st.global.{type} [y+{bytes * i}], d{i};");
            return text.Append("ret; }").ToString();
        }

        private static void Load(StringBuilder text, string name, int count, int bytes, string type, string hidden)
        {
            text.AppendLine($"ld.param.u64 x, [p{name}]; mul.wide.u32 o, l, {count * bytes}; add.u64 y, x, o;");
            for (int i = 0; i < count; i++)
            {
                string to = hidden.Contains($"t{name}{i};", StringComparison.Ordinal) ? $"t{name}{i}" : $"{name}{i}";
                text.AppendLine($"ld.global.{type} {to}, [y+{bytes * i}];");
            }
        }

        private static string List(string name, int count) => string.Join(", ", Enumerable.Range(0, count).Select(i => name + i));

        private static byte[] Pack(MmaFragment fragment, ulong[] codes)
        {
            int bits = fragment.ElementBits, laneBytes = Math.Max(1, fragment.ElementsPerLane * bits / 8);
            byte[] bytes = new byte[32 * laneBytes];
            for (int lane = 0; lane < 32; lane++)
            {
                for (int i = 0; i < fragment.ElementsPerLane; i++)
                {
                    MatrixPosition at = fragment.At(lane, i);
                    ulong code = codes[at.Row * fragment.Columns + at.Column];
                    for (int bit = 0; bit < bits; bit++)
                    {
                        int place = i * bits + bit;
                        bytes[lane * laneBytes + place / 8] |= (byte)((code >> bit & 1) << (place % 8));
                    }
                }
            }

            return bytes;
        }

        private static ulong[] Codes(Random random, MatrixElement element, int count) => [.. Enumerable.Range(0, count).Select(_ => element switch
        {
            MatrixElement.F16 => Puna.Kernels.Gpu.Emulator.Numerics.Codes.ToF16(random.NextDouble() * 2 - 1),
            MatrixElement.BF16 => Puna.Kernels.Gpu.Emulator.Numerics.Codes.ToBF16((float)(random.NextDouble() * 2 - 1)),
            MatrixElement.TF32 or MatrixElement.F32 => BitConverter.SingleToUInt32Bits((float)(random.NextDouble() * 2 - 1)),
            MatrixElement.F64 => BitConverter.DoubleToUInt64Bits(random.NextDouble() * 2 - 1),
            MatrixElement.E4M3 => (ulong)(random.Next(2) << 7 | random.Next(0x60)),
            MatrixElement.E5M2 => (ulong)(random.Next(2) << 7 | random.Next(0x60)),
            MatrixElement.S32 => (uint)random.Next(-1000, 1000),
            _ => (ulong)random.NextInt64(1L << element.Bits()),
        })];

        private static MatrixElement Parse(string name) => Enum.Parse<MatrixElement>(name, ignoreCase: true);

        private static double Value(MatrixElement element, ulong code) => element switch
        {
            MatrixElement.F16 => FloatFormat.F16.Decode(code),
            MatrixElement.BF16 => FloatFormat.BF16.Decode(code),
            MatrixElement.TF32 => FloatFormat.TF32.Decode(code >> 13),
            MatrixElement.F32 => BitConverter.UInt32BitsToSingle((uint)code),
            MatrixElement.F64 => BitConverter.UInt64BitsToDouble(code),
            MatrixElement.E4M3 => FloatFormat.E4M3.Decode(code),
            MatrixElement.E5M2 => FloatFormat.E5M2.Decode(code),
            MatrixElement.S8 => (sbyte)code,
            MatrixElement.S4 => (int)(code << 28) >> 28,
            MatrixElement.S32 => (int)code,
            _ => code,
        };
    }
}
