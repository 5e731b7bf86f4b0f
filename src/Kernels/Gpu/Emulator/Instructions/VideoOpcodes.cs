using Puna.Kernels.Gpu.Emulator.Syntax;

namespace Puna.Kernels.Gpu.Emulator.Instructions;

/// <summary>Video instructions on bytes and halves: PTX ISA 9.7.14. Merged and partial results of the scalar forms are refused.</summary>
internal static class VideoOpcodes
{
    public static Instruction Scalar(DecodeContext c) => throw c.Error("scalar video instructions are not part of the emulator's subset");

    /// <summary>vadd4 and its kind: lane by lane, with or without the sum of all lanes.</summary>
    public static Instruction Packed(DecodeContext c, int lanes)
    {
        string comparison = c.TakeAny("eq", "ne", "lt", "le", "gt", "ge", "");
        // vset2.atype.btype.cmp has no type of its result
        PtxType td = c.Name.StartsWith("vset", StringComparison.Ordinal) ? PtxType.U32 : c.Type(), ta = c.Type(), tb = c.Type();
        bool saturates = c.Take("sat"), adds = c.Take("add");
        int bits = 32 / lanes;
        string name = c.Name[1..^1];
        Func<long, long, long> op = name switch
        {
            "add" => (x, y) => x + y,
            "sub" => (x, y) => x - y,
            "avrg" => (x, y) => (x + y + (x + y >= 0 ? 1 : 0)) >> 1,   // rounds away from zero
            "absdiff" => (x, y) => Math.Abs(x - y),
            "min" => Math.Min,
            "max" => Math.Max,
            _ => Compare(c, comparison),
        };
        Register a = c.Source(1, PtxType.B32), b = c.Source(2, PtxType.B32), z = c.Source(3, PtxType.B32);
        long low = td.IsSigned() ? -(1L << (bits - 1)) : 0, high = td.IsSigned() ? (1L << (bits - 1)) - 1 : (1L << bits) - 1;
        return new General(c.Destination(0), a, b, z, (x, y, w) =>
        {
            ulong result = adds ? w : 0;
            for (int i = 0; i < lanes; i++)
            {
                long r = op(IntegerOpcodes.Extend(x >> (i * bits), bits, ta.IsSigned()), IntegerOpcodes.Extend(y >> (i * bits), bits, tb.IsSigned()));
                if (saturates)
                    r = Math.Clamp(r, low, high);
                result = adds ? result + (ulong)r : result | (((ulong)r & ((1UL << bits) - 1)) << (i * bits));
            }

            return result;
        });
    }

    private static Func<long, long, long> Compare(DecodeContext c, string comparison) => comparison switch
    {
        "eq" => (x, y) => x == y ? 1 : 0,
        "ne" => (x, y) => x != y ? 1 : 0,
        "lt" => (x, y) => x < y ? 1 : 0,
        "le" => (x, y) => x <= y ? 1 : 0,
        "gt" => (x, y) => x > y ? 1 : 0,
        "ge" => (x, y) => x >= y ? 1 : 0,
        _ => throw c.Error("a comparison was expected"),
    };
}
