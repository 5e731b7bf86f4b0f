using Puna.Kernels.Gpu.Ptx;

namespace Puna.Kernels.Tests.Gpu.Ptx;

internal static class FloatConstructs
{
    public static readonly Construct[] All =
    [
        new("f32_operators", t =>
        {
            F32 a = t.In<F32>(0), b = t.In<F32>(1);
            t.Out((a + b) * (a - 3) / -b);
            t.Out(a + a * b);
        }, l =>
        {
            (float a, float b) = (l.F32(0), l.F32(1));
            float product = a * b;
            return [(a + b) * (a - 3) / -b, a + product];
        }),
        new("f32_comparisons", t =>
        {
            F32 a = t.In<F32>(0), nan = F32.Sqrt(t.In<F32>(1));
            t.Out((a < 1) ^ (a >= -1) ^ (nan <= 1));
            t.Out((a > 0.5f) & (nan != nan * 1) | (a == nan));
        }, l =>
        {
            (float a, float nan) = (l.F32(0), MathF.Sqrt(l.F32(1)));
            return [IntegerConstructs.Bit((a < 1) ^ (a >= -1) ^ (nan <= 1)), IntegerConstructs.Bit((a > 0.5f) & float.IsNaN(nan) | (a == nan))];
        }),
        new("f32_fma", t => t.Out(F32.Fma(t.In<F32>(0), t.In<F32>(1), t.In<F32>(2))), l => [MathF.FusedMultiplyAdd(l.F32(0), l.F32(1), l.F32(2))]),
        new("f32_min_max", t =>
        {
            F32 a = t.In<F32>(0), nan = F32.Sqrt(t.In<F32>(1));
            t.Out(F32.Min(a, nan) + F32.Max(a, 1));
            t.Out(F32.Abs(a) - F32.CopySign(a, 3));
            t.Out(F32.MinNaN(a, nan) != F32.MaxNaN(a, nan));
        }, l =>
        {
            (float a, float nan) = (l.F32(0), MathF.Sqrt(l.F32(1)));
            return [(float.IsNaN(nan) ? a : MathF.Min(a, nan)) + MathF.Max(a, 1), MathF.Abs(a) - MathF.CopySign(3, a), IntegerConstructs.Bit(a != nan)];
        }),
        new("f32_roots", t =>
        {
            F32 x = F32.Abs(t.In<F32>(0)) + 0.25f;
            t.Out(F32.Sqrt(x));
            t.Out(F32.Rcp(x));
        }, l => [MathF.Sqrt(MathF.Abs(l.F32(0)) + 0.25f), 1 / (MathF.Abs(l.F32(0)) + 0.25f)]),
        new("f32_approximations", t =>
        {
            F32 x = F32.Abs(t.In<F32>(0)) + 0.25f;
            t.Out(F32.SqrtApprox(x));
            t.Out(F32.RcpApprox(x));
            t.Out(F32.RcpApproxFtz(x));
            t.Out(F32.DivideApprox(3, x));
            t.Out(F32.RSqrt(x));
            t.Out(F32.RSqrtFtz(x));
            t.Out(F32.Ex2(x));
            t.Out(F32.Ex2Ftz(x));
            t.Out(F32.Lg2(x + 1));
            t.Out(F32.Lg2Ftz(x + 1));
        }, l =>
        {
            float x = MathF.Abs(l.F32(0)) + 0.25f;
            float root = 1 / MathF.Sqrt(x), power = MathF.Pow(2, x), logarithm = MathF.Log2(x + 1);
            return [MathF.Sqrt(x), 1 / x, 1 / x, 3 / x, root, root, power, power, logarithm, logarithm];
        })
        { Within = 2e-6 },
        new("f32_circular", t =>
        {
            F32 x = t.In<F32>(0) * 0.0625f;
            t.Out(F32.Sin(x) + 2);
            t.Out(F32.Cos(x) + 2);
            t.Out(F32.Tanh(x) + 2);
        }, l => [MathF.Sin(l.F32(0) * 0.0625f) + 2, MathF.Cos(l.F32(0) * 0.0625f) + 2, MathF.Tanh(l.F32(0) * 0.0625f) + 2]) { Within = 5e-4 },
        new("f64_operators", t =>
        {
            F64 a = t.In<F64>(0), b = t.In<F64>(1);
            t.Out((a + b) * (a - 3) / -b);
            t.Out(F64.Fma(a, b, F64.Sqrt(F64.Abs(a))) + F64.Min(a, b) - F64.Max(a, 0.5));
            t.Out(a < b);
        }, l =>
        {
            (double a, double b) = (l.F64(0), l.F64(1));
            return [(a + b) * (a - 3) / -b, Math.FusedMultiplyAdd(a, b, Math.Sqrt(Math.Abs(a))) + Math.Min(a, b) - Math.Max(a, 0.5), IntegerConstructs.Bit(a < b)];
        }),
    ];
}
