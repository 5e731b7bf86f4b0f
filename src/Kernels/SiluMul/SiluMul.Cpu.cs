using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Puna.Kernels.Cpu;

namespace Puna.Kernels;

public static partial class SiluMul
{
    private readonly record struct Work(Tensor GateUp, Tensor Y);

    private const int GrainFloats = 1 << 13;   // about two microseconds' worth

    /// <summary>Rows in parallel, sixteen elements at a time.</summary>
    /// <inheritdoc cref="IBackend.SiluMul"/>
    /// <param name="gateUp">F32 <c>[rows, 2 × cols]</c>: gate, then up.</param>
    /// <param name="y">F32 <c>[rows, cols]</c>.</param>
    /// <param name="pool">The threads.</param>
    /// <exception cref="ArgumentException">Shapes disagree.</exception>
    public static void Cpu(Tensor gateUp, Tensor y, CpuPool pool)
    {
        Check(gateUp, y);
        pool.Run((int)y.Rows, new Work(gateUp, y), static (in Work w, int row) =>
        {
            Span<float> gateUp = w.GateUp.Row<float>(row), y = w.Y.Row<float>(row);
            CpuRow(gateUp[..y.Length], gateUp[y.Length..], y);
        }, CpuPool.GrainOf(GrainFloats, y.Cols));
    }

    /// <summary>One row: y = silu(gate) · up. An element's result depends on nothing but its gate and its up.</summary>
    [MethodImpl(Lanes.HotLoop)]
    internal static void CpuRow(ReadOnlySpan<float> gates, ReadOnlySpan<float> ups, Span<float> y)
    {
        ref float gate = ref MemoryMarshal.GetReference(gates);
        ref float up = ref MemoryMarshal.GetReference(ups);
        ref float target = ref MemoryMarshal.GetReference(y);
        int i = 0;
        for (; i <= y.Length - Lanes.Count; i += Lanes.Count)
        {
            Vector512<float> value = Gate(Vector512.LoadUnsafe(ref gate, (nuint)i), Vector512.LoadUnsafe(ref up, (nuint)i));
            value.StoreUnsafe(ref target, (nuint)i);
        }

        if (i < y.Length)
        {
            int count = y.Length - i;
            Vector512<float> value = Gate(
                Lanes.LoadPartial<F32Element, float>(ref gate, (nuint)i, count),
                Lanes.LoadPartial<F32Element, float>(ref up, (nuint)i, count));
            for (int t = 0; t < count; t++)
                y[i + t] = value[t];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Gate(Vector512<float> gate, Vector512<float> up) =>
        gate / (Vector512<float>.One + Exponential.Exp(-gate)) * up;
}
