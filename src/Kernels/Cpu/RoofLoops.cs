using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Puna.Kernels.Cpu;

/// <summary>
/// Loops that do nothing but stream memory or multiply, to find out what the machine can do at most. Each returns something
/// that depends on all it did, so that no compiler leaves any of it out.
/// </summary>
internal static unsafe class RoofLoops
{
    /// <summary>Multiply-adds of vectors in a round of <see cref="MultiplyAdd"/>.</summary>
    public const int ChainCount = 16;

    private const int Step = 8 * 64;           // bytes of a round
    private const int CopyPrefetchBytes = 4096;   // ahead

    /// <summary>Reads bytes from first to last; the processor is told early what comes.</summary>
    /// <param name="buffer">The memory.</param>
    /// <param name="offset">First byte: a multiple of 64.</param>
    /// <param name="bytes">How many: a multiple of 512.</param>
    /// <param name="prefetchBytes">How early; 0 leaves it to the processor to guess.</param>
    [MethodImpl(Lanes.HotLoop)]
    public static ulong Read(HostBuffer buffer, long offset, int bytes, int prefetchBytes)
    {
        Vector512<ulong> a0 = default, a1 = default, a2 = default, a3 = default;
        Vector512<ulong> a4 = default, a5 = default, a6 = default, a7 = default;
        fixed (byte* first = buffer.Span<byte>(offset, bytes))
        {
            byte* end = first + bytes;
            for (byte* at = first; at < end; at += Step)
            {
                if (prefetchBytes > 0)
                    Prefetch(at + prefetchBytes);
                a0 ^= Vector512.Load((ulong*)at);
                a1 ^= Vector512.Load((ulong*)(at + 64));
                a2 ^= Vector512.Load((ulong*)(at + 128));
                a3 ^= Vector512.Load((ulong*)(at + 192));
                a4 ^= Vector512.Load((ulong*)(at + 256));
                a5 ^= Vector512.Load((ulong*)(at + 320));
                a6 ^= Vector512.Load((ulong*)(at + 384));
                a7 ^= Vector512.Load((ulong*)(at + 448));
            }
        }

        return Vector512.Sum(a0 ^ a1 ^ a2 ^ a3 ^ a4 ^ a5 ^ a6 ^ a7);
    }

    /// <summary>Copies bytes past the caches.</summary>
    /// <param name="from">What is read.</param>
    /// <param name="to">What is written.</param>
    /// <param name="offset">First byte in both: a multiple of 64.</param>
    /// <param name="bytes">How many: a multiple of 512.</param>
    [MethodImpl(Lanes.HotLoop)]
    public static void Copy(HostBuffer from, HostBuffer to, long offset, int bytes)
    {
        fixed (byte* source = from.Span<byte>(offset, bytes), target = to.Span<byte>(offset, bytes))
        {
            for (int at = 0; at < bytes; at += Step)
            {
                Prefetch(source + at + CopyPrefetchBytes);
                for (int i = 0; i < Step; i += 64)
                    Vector512.LoadAligned(source + at + i).StoreAlignedNonTemporal(target + at + i);
            }
        }
    }

    /// <summary>Sixteen independent chains of F32 fused multiply-adds in the machine's own vectors.</summary>
    /// <param name="rounds">Multiply-adds of each chain.</param>
    /// <param name="factor">Read by the loop, so that nothing is known before it runs.</param>
    /// <returns>Lanes of a vector, and a value.</returns>
    public static (int Lanes, float Value) MultiplyAdd(int rounds, float factor) => Vector512.IsHardwareAccelerated
        ? (16, MultiplyAdd512(rounds, factor))
        : Vector256.IsHardwareAccelerated ? (8, MultiplyAdd256(rounds, factor)) : (4, MultiplyAdd128(rounds, factor));

    [MethodImpl(Lanes.HotLoop)]
    private static float MultiplyAdd512(int rounds, float factor)
    {
        Vector512<float> x = Vector512.Create(factor), y = Vector512.Create(1 - factor);
        Vector512<float> s0 = x, s1 = x, s2 = x, s3 = x, s4 = x, s5 = x, s6 = x, s7 = x;
        Vector512<float> t0 = y, t1 = y, t2 = y, t3 = y, t4 = y, t5 = y, t6 = y, t7 = y;
        for (int i = 0; i < rounds; i++)
        {
            s0 = Vector512.FusedMultiplyAdd(x, y, s0);
            s1 = Vector512.FusedMultiplyAdd(x, y, s1);
            s2 = Vector512.FusedMultiplyAdd(x, y, s2);
            s3 = Vector512.FusedMultiplyAdd(x, y, s3);
            s4 = Vector512.FusedMultiplyAdd(x, y, s4);
            s5 = Vector512.FusedMultiplyAdd(x, y, s5);
            s6 = Vector512.FusedMultiplyAdd(x, y, s6);
            s7 = Vector512.FusedMultiplyAdd(x, y, s7);
            t0 = Vector512.FusedMultiplyAdd(x, y, t0);
            t1 = Vector512.FusedMultiplyAdd(x, y, t1);
            t2 = Vector512.FusedMultiplyAdd(x, y, t2);
            t3 = Vector512.FusedMultiplyAdd(x, y, t3);
            t4 = Vector512.FusedMultiplyAdd(x, y, t4);
            t5 = Vector512.FusedMultiplyAdd(x, y, t5);
            t6 = Vector512.FusedMultiplyAdd(x, y, t6);
            t7 = Vector512.FusedMultiplyAdd(x, y, t7);
        }

        return Vector512.Sum(s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7 + t0 + t1 + t2 + t3 + t4 + t5 + t6 + t7);
    }

    // eight chains, twice: sixteen vectors are all registers that such a machine has
    [MethodImpl(Lanes.HotLoop)]
    private static float MultiplyAdd256(int rounds, float factor)
    {
        Vector256<float> x = Vector256.Create(factor), y = Vector256.Create(1 - factor);
        Vector256<float> s0 = x, s1 = x, s2 = x, s3 = x, s4 = x, s5 = x, s6 = x, s7 = x;
        for (int i = 0; i < 2 * rounds; i++)
        {
            s0 = Vector256.FusedMultiplyAdd(x, y, s0);
            s1 = Vector256.FusedMultiplyAdd(x, y, s1);
            s2 = Vector256.FusedMultiplyAdd(x, y, s2);
            s3 = Vector256.FusedMultiplyAdd(x, y, s3);
            s4 = Vector256.FusedMultiplyAdd(x, y, s4);
            s5 = Vector256.FusedMultiplyAdd(x, y, s5);
            s6 = Vector256.FusedMultiplyAdd(x, y, s6);
            s7 = Vector256.FusedMultiplyAdd(x, y, s7);
        }

        return Vector256.Sum(s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7);
    }

    [MethodImpl(Lanes.HotLoop)]
    private static float MultiplyAdd128(int rounds, float factor)
    {
        Vector128<float> x = Vector128.Create(factor), y = Vector128.Create(1 - factor);
        Vector128<float> s0 = x, s1 = x, s2 = x, s3 = x, s4 = x, s5 = x, s6 = x, s7 = x;
        for (int i = 0; i < 2 * rounds; i++)
        {
            s0 = Vector128.FusedMultiplyAdd(x, y, s0);
            s1 = Vector128.FusedMultiplyAdd(x, y, s1);
            s2 = Vector128.FusedMultiplyAdd(x, y, s2);
            s3 = Vector128.FusedMultiplyAdd(x, y, s3);
            s4 = Vector128.FusedMultiplyAdd(x, y, s4);
            s5 = Vector128.FusedMultiplyAdd(x, y, s5);
            s6 = Vector128.FusedMultiplyAdd(x, y, s6);
            s7 = Vector128.FusedMultiplyAdd(x, y, s7);
        }

        return Vector128.Sum(s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7);
    }

    // a hint, which may point past the end of the memory
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(byte* at)
    {
        if (!Sse.IsSupported)
            return;
        for (int i = 0; i < Step; i += 64)
            Sse.Prefetch0(at + i);
    }
}
