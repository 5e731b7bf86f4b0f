using System.Numerics;
using System.Runtime.CompilerServices;
using Puna.Kernels.Gpu.Emulator.Syntax;

namespace Puna.Kernels.Gpu.Emulator.Instructions;

/// <summary>mov in all forms: PTX ISA 9.7.9.</summary>
internal static class MoveOpcodes
{
    public static Instruction Decode(DecodeContext c)
    {
        PtxType t = c.Type();
        if (t == PtxType.Pred)
        {
            (Register p, bool negated) = c.Predicate(c.Operand(1));
            return new PredicateLogic(c.Destination(0), p, negated, default);
        }

        if (c.Operand(1) is NameOperand n && Clock(n.Name) is { } clock)
            return new ReadClock(c.Destination(0), clock);
        bool packs = c.Operand(1) is VectorOperand, unpacks = c.Operand(0) is VectorOperand;
        if (packs && unpacks)
            throw c.Error("one side of mov may be a vector");
        if (packs || unpacks)
            return Pack(c, t, packs);
        Register d = c.Destination(0), a = c.Source(1, t);
        if (d.IsSink)
            return new Nothing();
        return d.Bits switch
        {
            128 => new MoveBytes([d], [a]),
            64 when a.Bits == 64 => new Copy<ulong>(d, a),
            32 when a.Bits >= 16 => new Copy<uint>(d, a),
            _ => new General(d, a, a, a, (x, _, _) => x),
        };
    }

    private static MoveBytes Pack(DecodeContext c, PtxType t, bool packs)
    {
        IReadOnlyList<Operand> items = c.Items(packs ? 1 : 0);
        PtxType item = (t.Bits() / items.Count) switch
        {
            8 => PtxType.B8,
            16 => PtxType.B16,
            32 => PtxType.B32,
            64 => PtxType.B64,
            _ => throw c.Error($"{t.Spelling()} is not made of {items.Count} parts"),
        };
        Register[] parts = [.. items.Select(i => packs ? c.SourceOf(i, item) : Part(c, i, item))];
        return packs ? new MoveBytes([c.Destination(0)], parts) { PartBytes = item.Bytes() }
            : new MoveBytes(parts, [c.Source(1, t)]) { PartBytes = item.Bytes() };
    }

    // A sink must have the size of its part, so it is a register that nobody reads.
    private static Register Part(DecodeContext c, Operand operand, PtxType item)
    {
        Register d = c.DestinationOf(operand);
        return d.IsSink ? c.Registers.Add(item, "_") : d;
    }

    private static ClockKind? Clock(string name) => name switch
    {
        "%clock" => ClockKind.Low,
        "%clock_hi" => ClockKind.High,
        "%clock64" => ClockKind.Whole,
        "%globaltimer" => ClockKind.Nanoseconds,
        "%globaltimer_lo" => ClockKind.NanosecondsLow,
        "%globaltimer_hi" => ClockKind.NanosecondsHigh,
        _ => null,
    };
}

internal enum ClockKind
{
    Low,
    High,
    Whole,
    Nanoseconds,
    NanosecondsLow,
    NanosecondsHigh,
}

/// <summary>Reads a clock. Time is the team's executed instructions: it runs on, and it is the same for the same seed.</summary>
internal sealed class ReadClock(Register d, ClockKind kind) : Instruction
{
    private const ulong NanosecondsPerStep = 32;

    public override void Execute(Warp w, uint mask)
    {
        ulong steps = (ulong)w.Team.Steps + (ulong)w.StepsOfRun;
        ulong value = kind switch
        {
            ClockKind.High => steps >> 32,
            ClockKind.Nanoseconds or ClockKind.NanosecondsLow => steps * NanosecondsPerStep,
            ClockKind.NanosecondsHigh => (steps * NanosecondsPerStep) >> 32,
            _ => steps,
        };
        for (uint m = mask; m != 0; m &= m - 1)
            w.Set(d, BitOperations.TrailingZeroCount(m), d.Bits == 32 ? (uint)value : value);
    }
}

/// <summary>An instruction whose only result is dropped.</summary>
internal sealed class Nothing : Instruction
{
    public override void Execute(Warp w, uint mask)
    {
    }
}

internal sealed unsafe class Copy<T>(Register d, Register a) : Instruction
    where T : unmanaged
{
    public override void Execute(Warp w, uint mask)
    {
        w.Flow(mask, Taint.Bytes, d, a);
        T* to = (T*)w.Words(d), x = (T*)w.Words(a);
        if (mask == Warp.All)
        {
            Unsafe.CopyBlock(to, x, (uint)(32 * sizeof(T)));
            return;
        }

        for (uint m = mask; m != 0; m &= m - 1)
        {
            int i = BitOperations.TrailingZeroCount(m);
            to[i] = x[i];
        }
    }
}

/// <summary>Registers side by side become wider ones, or the other way round; undefined bytes move along.</summary>
internal sealed unsafe class MoveBytes(Register[] to, Register[] from) : Instruction
{
    /// <summary>Bytes that each of several registers takes part with; 0 for whole registers.</summary>
    public int PartBytes { get; init; }

    public override void Execute(Warp w, uint mask)
    {
        uint undefined = 0;
        foreach (Register r in from)
            undefined |= w.U[r.Index];
        bool isTainted = (undefined & mask) != 0;
        int origin = isTainted ? w.OriginOfAny(mask, from) : 0;
        ulong* words = stackalloc ulong[2];
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            uint bytes = Gather(w, lane, words);
            Scatter(w, lane, words, isTainted ? bytes : 0, origin);
        }

        if (isTainted)
            return;
        foreach (Register r in to)
            w.Define(r, mask);
    }

    private uint Gather(Warp w, int lane, ulong* words)
    {
        byte* at = (byte*)words;
        words[0] = words[1] = 0;
        uint undefined = 0;
        int position = 0;
        foreach (Register r in from)
        {
            int size = from.Length == 1 ? r.Bytes : PartBytes;
            Unsafe.CopyBlockUnaligned(at + position, Lane(w, r, lane), (uint)size);
            undefined |= (uint)((w.UndefinedBytes(r, lane) & ((1 << Math.Min(8, size)) - 1)) * (size == 16 ? 0x101 : 1)) << position;
            position += size;
        }

        return undefined;
    }

    private void Scatter(Warp w, int lane, ulong* words, uint undefined, int origin)
    {
        byte* at = (byte*)words;
        int position = 0;
        foreach (Register r in to)
        {
            int size = to.Length == 1 ? r.Bytes : PartBytes;
            byte* target = Lane(w, r, lane);
            if (r.Bytes < 4 || size < r.Bytes)
                new Span<byte>(target, Math.Max(4, r.Bytes)).Clear();
            Unsafe.CopyBlockUnaligned(target, at + position, (uint)size);
            if (undefined != 0)
                w.SetUndefinedBytes(r, lane, (byte)((undefined >> position) & ((1u << Math.Min(8, size)) - 1)), origin);
            else
                w.U[r.Index] &= ~(1u << lane);
            position += size;
        }
    }

    private static byte* Lane(Warp w, Register r, int lane) => (byte*)w.Words(r) + (lane * Math.Max(4, r.Bytes));
}
