namespace Puna.Kernels.Gpu.Ptx;

/// <summary>A place in memory while a kernel is written: a register or symbol and a constant distance from it.</summary>
/// <param name="Kernel">Whose text it belongs to; null in a <c>default</c> struct.</param>
/// <param name="Space">Global addresses have 64 bits, shared ones 32.</param>
/// <param name="Base">Register with the address; null for a symbol whose address no register holds yet.</param>
/// <param name="Symbol">Name of a shared array, or null.</param>
/// <param name="Bytes">Distance from the register or symbol.</param>
/// <param name="Stem">What the name of an address register made from it starts with.</param>
internal readonly record struct Address(PtxBuilder? Kernel, Space Space, Value? Base, string? Symbol, long Bytes, string Stem)
{
    private PtxType Type => Space == Space.Shared ? PtxType.U32 : PtxType.U64;

    /// <summary>As an operand in brackets.</summary>
    public Operand Operand => Base is { } register ? Ptx.Operand.Address(register, Bytes) : Ptx.Operand.Address(Symbol!, Bytes); // one of the two

    /// <summary>The place <paramref name="index"/> times <paramref name="size"/> bytes further.</summary>
    public Address Element(Value? index, long size, string suffix)
    {
        PtxBuilder k = Builder(index);
        if (index is { IsConstant: true })
            return this with { Bytes = checked(Bytes + (long)index.Bits * size) };
        Value result = k.NewRegister(Type, $"{Stem}_{suffix}");
        Value start = BaseRegister(k);
        string sign = index!.Type.IsSigned ? "s" : "u"; // Builder has refused null
        if (Space == Space.Shared)
            k.Emit($"mad.lo.{sign}32", Ptx.Operand.Out(result), Narrow(k, index), $"{size}", start);
        else if (index.Type.Bytes == 4 && size <= int.MaxValue)
            k.Emit($"mad.wide.{sign}32", Ptx.Operand.Out(result), index, $"{size}", start);
        else
            k.Emit($"mad.lo.{sign}64", Ptx.Operand.Out(result), Wide(k, index), $"{size}", start);
        return this with { Base = result };
    }

    /// <summary>The place index · columns elements further, where both are known at run time only.</summary>
    public Address Row(Value? index, Value? columns, long size)
    {
        PtxBuilder k = Builder(index);
        if (columns is { IsConstant: true })
            return Element(index, (long)columns.Bits * size, "row");
        if (index is { IsConstant: true })
            return Element(columns, (long)index.Bits * size, "row");
        Value distance = k.NewRegister(Type);
        k.Emit(Space == Space.Shared ? "mul.lo.u32" : "mul.wide.u32", Ptx.Operand.Out(distance), index, columns);
        return Element(distance, size, "row");
    }

    /// <summary>The address in a register.</summary>
    public Value Register()
    {
        PtxBuilder k = Builder();
        Value start = BaseRegister(k);
        if (Bytes == 0)
            return start;
        Value result = k.NewRegister(Type, $"{Stem}_at");
        k.Emit($"add.{Type.Suffix}", Ptx.Operand.Out(result), start, $"{Bytes}");
        return result;
    }

    private Value BaseRegister(PtxBuilder k) => Base ?? k.SymbolAddress(Symbol!); // one of the two

    /// <summary>Whose text it belongs to.</summary>
    public PtxBuilder Builder() =>
        Kernel ?? throw PtxBuilder.Mistake("a pointer was used that was never given a value (a default struct)");

    private PtxBuilder Builder(Value? index) =>
        index is null ? throw Builder().Fail("a pointer was indexed by a value that was never given one (a default struct)") : Builder();

    private static Value Wide(PtxBuilder k, Value index)
    {
        if (index.Type.Bytes == 8)
            return index;
        Value wide = k.NewRegister(PtxType.U64);
        k.Emit(index.Type.IsSigned ? "cvt.s64.s32" : "cvt.u64.u32", Ptx.Operand.Out(wide), index);
        return wide;
    }

    private static Value Narrow(PtxBuilder k, Value index) =>
        index.Type.Bytes == 4 ? index : throw k.Fail("shared memory was indexed by 64 bits, but its addresses have 32. Convert the index");
}

/// <summary>Which memory an address is in.</summary>
internal enum Space
{
    Global,
    Shared,
}
