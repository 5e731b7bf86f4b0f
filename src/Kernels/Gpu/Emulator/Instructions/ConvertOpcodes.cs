using System.Numerics;
using Puna.Kernels.Gpu.Emulator.Numerics;
using Puna.Kernels.Gpu.Emulator.Syntax;

namespace Puna.Kernels.Gpu.Emulator.Instructions;

/// <summary>cvt in all forms: PTX ISA 9.7.9.21, 9.7.9.22.</summary>
internal static class ConvertOpcodes
{
    public static Instruction? Decode(DecodeContext c)
    {
        if (c.Name != "cvt")
            return null;
        if (c.Take("pack"))
            return Pack(c);
        string rounding = c.TakeAny("rni", "rzi", "rmi", "rpi", "rna", "rn", "rz", "rm", "rp", "rs", "");
        Mode mode = new(FloatOpcodes.RoundingOf(rounding), rounding.EndsWith('i'), c.Take("ftz"), c.Take("sat"), c.Take("satfinite"), c.Take("relu"));
        if (rounding == "rs")
            throw c.Error("stochastic rounding needs a later architecture");
        PtxType to = c.Type(), from = c.Type();
        CheckTarget(c, to, from);
        if (to is PtxType.F16x2 or PtxType.BF16x2 or PtxType.E4M3x2 or PtxType.E5M2x2)
            return Packed(c, to, from, mode);
        if (!to.IsFloat() && !from.IsFloat())
            return Integers(c, to, from, mode.Saturate);
        return Scalar(c, to, from, mode);
    }

    private readonly record struct Mode(Rounding Rounding, bool ToInteger, bool Flush, bool Saturate, bool Finite, bool Relu)
    {
        public Clamping Clamping => (Saturate ? Clamping.ZeroToOne : 0) | (Finite ? Clamping.Finite : 0) | (Relu ? Clamping.Relu : 0);
    }

    private static void CheckTarget(DecodeContext c, PtxType to, PtxType from)
    {
        if (to is PtxType.E4M3x2 or PtxType.E5M2x2 || from is PtxType.E4M3x2 or PtxType.E5M2x2)
            c.Need(GpuArch.Sm89, "a conversion of 8-bit floats");
        bool isB = from == PtxType.BF16, isPlain = to == PtxType.F32;
        if (isB && !isPlain && to != PtxType.BF16)
            c.Need(GpuArch.Sm90, $"cvt{to.Spelling()}.bf16");
        if (isB && isPlain)
            c.Need(GpuArch.Sm80, "cvt.f32.bf16");
        if (to == PtxType.BF16 && from != PtxType.F32)
            c.Need(GpuArch.Sm90, $"cvt.bf16{from.Spelling()}");
    }

    private static Instruction Integers(DecodeContext c, PtxType to, PtxType from, bool saturate)
    {
        Register d = c.Destination(0), a = c.Source(1, from);
        if (!saturate)
            return new IntegerConvert(d, a, Math.Min(to.Bits(), from.Bits()), (to.Bits() > from.Bits() ? from : to).IsSigned(), to.Bits(), to.IsSigned());
        int fromBits = from.Bits(), toBits = to.Bits();
        bool signed = from.IsSigned(), toSigned = to.IsSigned();
        return new General(d, a, a, a, (x, _, _) => Extend(signed
            ? IntegerConversion.Saturate(IntegerOpcodes.Extend(x, fromBits, true), toBits, toSigned)
            : IntegerConversion.Saturate((ulong)IntegerOpcodes.Extend(x, fromBits, false), toBits, toSigned), toBits, toSigned));
    }

    private static General Scalar(DecodeContext c, PtxType to, PtxType from, Mode mode)
    {
        Register d = c.Destination(0), a = c.Source(1, from);
        if (!from.IsFloat())
        {
            FloatFormat format = Format(c, to);
            int bits = from.Bits();
            Clamping clamping = mode.Clamping;
            return from.IsSigned()
                ? new General(d, a, a, a, (x, _, _) => IntegerConversion.ToFloat(IntegerOpcodes.Extend(x, bits, true), format, mode.Rounding, clamping))
                : new General(d, a, a, a, (x, _, _) => IntegerConversion.ToFloat((ulong)IntegerOpcodes.Extend(x, bits, false), format, mode.Rounding, clamping));
        }

        Func<ulong, double> decode = Decoder(c, from, mode.Flush && from == PtxType.F32);
        if (!to.IsFloat())
        {
            int bits = to.Bits();
            bool signed = to.IsSigned(), wide = from == PtxType.F64;
            return new General(d, a, a, a, (x, _, _) => Extend(IntegerConversion.FromFloat(decode(x), bits, signed, mode.Rounding, wide), bits, signed));
        }

        return new General(d, a, a, a, Floats(c, to, from, mode, decode));
    }

    private static Func<ulong, ulong, ulong, ulong> Floats(DecodeContext c, PtxType to, PtxType from, Mode mode, Func<ulong, double> decode)
    {
        FloatFormat format = Format(c, to);
        Clamping clamping = mode.Clamping;
        bool flush = mode.Flush && to == PtxType.F32;
        Rounding r = mode.Rounding;
        if (to == PtxType.TF32)
            return (x, _, _) => Codes.ToTF32((float)decode(x), r, clamping);
        if (mode.ToInteger || (to == from && r != Rounding.NearestEven))
            return (x, _, _) => Flushed(format.Encode(Integral(decode(x), r), Rounding.NearestEven, clamping), flush);
        return (x, _, _) => Flushed(format.Encode(decode(x), r, clamping), flush);
    }

    private static double Integral(double x, Rounding rounding) => rounding switch
    {
        Rounding.TowardZero => Math.Truncate(x),
        Rounding.Down => Math.Floor(x),
        Rounding.Up => Math.Ceiling(x),
        _ => Math.Round(x, MidpointRounding.ToEven),
    };

    private static ulong Flushed(ulong bits, bool flush) => flush && (bits & 0x7F800000) == 0 ? bits & 0x80000000 : bits;

    private static FloatFormat Format(DecodeContext c, PtxType type) => type switch
    {
        PtxType.F64 => FloatFormat.F64,
        PtxType.F32 => FloatFormat.F32,
        PtxType.F16 => FloatFormat.F16,
        PtxType.BF16 => FloatFormat.BF16,
        PtxType.TF32 => FloatFormat.TF32,
        _ => throw c.Error($"cvt has no type {type.Spelling()} here"),
    };

    private static Func<ulong, double> Decoder(DecodeContext c, PtxType type, bool flush) => type switch
    {
        PtxType.F64 => BitConverter.UInt64BitsToDouble,
        PtxType.F32 when flush => x => F32Arithmetic.FlushSubnormal(BitConverter.UInt32BitsToSingle((uint)x)),
        PtxType.F32 => x => BitConverter.UInt32BitsToSingle((uint)x),
        PtxType.F16 => x => Codes.FromF16((uint)x),
        PtxType.BF16 => x => Codes.FromBF16((uint)x),
        _ => throw c.Error($"cvt has no type {type.Spelling()} here"),
    };

    private static ulong Extend(ulong value, int bits, bool signed) => (ulong)IntegerOpcodes.Extend(value, bits, signed);

    // The first source becomes the upper half.
    private static SplitConvert Packed(DecodeContext c, PtxType to, PtxType from, Mode mode)
    {
        Register d = c.Destination(0);
        if (to is PtxType.F16x2 && from is PtxType.E4M3x2 or PtxType.E5M2x2)
        {
            Func<uint, float> code = from == PtxType.E4M3x2 ? Codes.FromE4M3 : Codes.FromE5M2;
            Clamping relu = mode.Relu ? Clamping.Relu : Clamping.None;
            Register a = c.Source(1, PtxType.B16);
            return new SplitConvert(d, a, a, x => Codes.ToF16(code(x), clamping: relu), 8, 16, isOneSource: true);
        }

        Func<double, uint> encode = Encoder(to, mode);
        int bits = to is PtxType.F16x2 or PtxType.BF16x2 ? 16 : 8;
        if (from is PtxType.F16x2 or PtxType.BF16x2)
        {
            Func<uint, float> half = from == PtxType.F16x2 ? Codes.FromF16 : Codes.FromBF16;
            Register a = c.Source(1, PtxType.B32);
            return new SplitConvert(d, a, a, x => encode(half(x)), 16, bits, isOneSource: true);
        }

        if (from != PtxType.F32 || c.OperandCount != 3)
            throw c.Error("two f32 sources were expected");
        bool flush = mode.Flush;
        return new SplitConvert(d, c.Source(1, PtxType.F32), c.Source(2, PtxType.F32), x =>
        {
            float f = BitConverter.UInt32BitsToSingle(x);
            return encode(flush ? F32Arithmetic.FlushSubnormal(f) : f);
        }, 32, bits, isOneSource: false);
    }

    private static Func<double, uint> Encoder(PtxType to, Mode mode)
    {
        Clamping clamping = mode.Clamping;
        Rounding r = mode.Rounding;
        return to switch
        {
            PtxType.F16x2 => x => Codes.ToF16(x, r, clamping),
            PtxType.BF16x2 => x => Codes.ToBF16(x, r, clamping),
            PtxType.E4M3x2 => x => Codes.ToE4M3(x, clamping | Clamping.Finite),
            _ => x => Codes.ToE5M2(x, clamping | Clamping.Finite),
        };
    }

    // cvt.pack.sat: two integers saturate into the low end, what was there moves up.
    private static General Pack(DecodeContext c)
    {
        if (!c.Take("sat"))
            throw c.Error("cvt.pack says .sat");
        PtxType to = c.Type(), from = c.Type();
        PtxType rest = c.TryType();
        Register d = c.Destination(0), a = c.Source(1, from), b = c.Source(2, from), z = rest == PtxType.None ? a : c.Source(3, rest);
        int bits = to.Bits();
        bool signed = to.IsSigned();
        ulong mask = (1UL << bits) - 1;
        ulong One(ulong x) => IntegerConversion.Saturate((long)(int)x, bits, signed) & mask;
        return new General(d, a, b, z, (x, y, w) => (One(x) << bits) | One(y) | (rest == PtxType.None ? 0 : (w << (2 * bits)) & uint.MaxValue));
    }
}

/// <summary>Integers change their width: undefined bytes stay where they are, and the sign's byte fills up.</summary>
internal sealed unsafe class IntegerConvert(Register d, Register a, int fromBits, bool isSigned, int toBits, bool toSigned) : Instruction
{
    public override void Execute(Warp w, uint mask)
    {
        if ((w.U[a.Index] & mask) == 0)
            w.Define(d, mask);
        else
            FlowWidth(w, mask);
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int i = BitOperations.TrailingZeroCount(m);
            long value = IntegerOpcodes.Extend(w.Value(a, i), fromBits, isSigned);
            // a register wider than the type holds the value extended by the type's sign
            value = d.Bits > toBits ? IntegerOpcodes.Extend((ulong)value, toBits, toSigned) : value;
            if (d.Bits == 64)
                ((long*)w.Words(d))[i] = value;
            else
                w.Words(d)[i] = d.Bits == 32 ? (uint)value : (uint)value & ((1u << d.Bits) - 1);
        }
    }

    private void FlowWidth(Warp w, uint mask)
    {
        int origin = w.Origin[a.Index], whole = (1 << Math.Min(8, d.Bytes)) - 1;
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int i = BitOperations.TrailingZeroCount(m);
            int u = w.UndefinedBytes(a, i) & ((1 << (fromBits / 8)) - 1);
            bool signUndefined = isSigned && (u >> ((fromBits / 8) - 1) & 1) != 0;
            w.SetUndefinedBytes(d, i, (byte)((signUndefined ? u | (0xFF << (fromBits / 8)) : u) & whole), origin);
        }
    }
}

/// <summary>Two values become the halves of one register; each half is undefined by itself.</summary>
internal sealed unsafe class SplitConvert(Register d, Register high, Register low, Func<uint, uint> convert, int fromBits, int toBits, bool isOneSource)
    : Instruction
{
    public override void Execute(Warp w, uint mask)
    {
        bool isTainted = ((w.U[high.Index] | w.U[low.Index]) & mask) != 0;
        int origin = isTainted ? w.OriginOfAny(mask, high, low) : 0;
        if (!isTainted)
            w.Define(d, mask);
        uint one = fromBits == 32 ? uint.MaxValue : (1u << fromBits) - 1;
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int i = BitOperations.TrailingZeroCount(m);
            uint x = w.Words(low)[i], y = isOneSource ? x >> fromBits : w.Words(high)[i];
            int ux = w.UndefinedBytes(low, i), uy = isOneSource ? ux >> (fromBits / 8) : w.UndefinedBytes(high, i);
            int part = (1 << (fromBits / 8)) - 1, half = (1 << (toBits / 8)) - 1;
            w.Words(d)[i] = convert(x & one) | (convert(y & one) << toBits);
            if (isTainted)
                w.SetUndefinedBytes(d, i, (byte)(((ux & part) != 0 ? half : 0) | ((uy & part) != 0 ? half << (toBits / 8) : 0)), origin);
        }
    }
}
