using Puna.Kernels.Gpu.Emulator.Memory;
using Puna.Kernels.Gpu.Emulator.Syntax;

namespace Puna.Kernels.Gpu.Emulator.Instructions;

/// <summary>Loads, stores, atomics, addresses: PTX ISA 9.7.9, 9.7.13.</summary>
internal static class MemoryOpcodes
{
    public static Instruction? Decode(DecodeContext c) => c.Name switch
    {
        "ld" or "ldu" => Load(c),
        "st" => Store(c),
        "atom" or "red" => AtomicOpcodes.Decode(c),
        "cvta" => ConvertAddress(c),
        "isspacep" => IsSpace(c),
        "mapa" => MapAddress(c),
        "getctarank" => BlockRank(c),
        "prefetch" or "prefetchu" or "discard" or "applypriority" => Hint(c),
        "createpolicy" => Policy(c),
        "alloca" or "stacksave" or "stackrestore" => throw c.Error("the emulator has no dynamic stack"),
        _ => null,
    };

    /// <summary>Takes the state space from the modifiers; generic without one.</summary>
    public static StateSpace TakeSpace(DecodeContext c)
    {
        string name = c.TakeAny("global", "shared", "shared::cta", "shared::cluster", "local", "const", "param", "param::entry", "param::func", "");
        return name switch
        {
            "global" => StateSpace.Global,
            "shared" or "shared::cta" => StateSpace.Shared,
            "shared::cluster" => StateSpace.SharedCluster,
            "local" => StateSpace.Local,
            "const" => StateSpace.Const,
            "param" or "param::entry" or "param::func" => StateSpace.Param,
            _ => StateSpace.Generic,
        };
    }

    /// <summary>Takes memory order and scope: what makes an access strong, and whether it acquires or releases.</summary>
    public static MemoryOrder TakeOrder(DecodeContext c)
    {
        string order = c.TakeAny("volatile", "relaxed", "acquire", "release", "acq_rel", "mmio", "weak", "");
        c.Take("volatile");
        c.TakeAny("cta", "cluster", "gpu", "sys", "");
        return order switch
        {
            "volatile" or "relaxed" or "mmio" => MemoryOrder.Relaxed,
            "acquire" => MemoryOrder.Acquire,
            "release" => MemoryOrder.Release,
            "acq_rel" => MemoryOrder.AcquireRelease,
            _ => MemoryOrder.Weak,
        };
    }

    private static void IgnoreHints(DecodeContext c) => c.Ignore("L1::", "L2::", "ca", "cg", "cs", "lu", "cv", "wb", "wt", "unified");

    private static LoadInstruction Load(DecodeContext c)
    {
        StateSpace space = TakeSpace(c);
        MemoryOrder order = TakeOrder(c);
        bool nonCoherent = c.Take("nc") || c.Name == "ldu";
        IgnoreHints(c);
        c.TakeAny("v2", "v4", "v8", "");
        PtxType t = c.Type();
        IReadOnlyList<Operand> items = c.Items(0);
        Register[] to = [.. items.Select(c.DestinationOf)];
        (Register address, long offset, space) = c.Address(1, space);
        AccessKind kind = AccessKind.Read | (order == MemoryOrder.Weak ? 0 : AccessKind.Strong) | (nonCoherent ? AccessKind.NonCoherent : 0);
        return new LoadInstruction(to, t, space, address, offset, kind, order);
    }

    private static StoreInstruction Store(DecodeContext c)
    {
        if (c.Take("async"))
            throw c.Error("st.async is not known here");
        StateSpace space = TakeSpace(c);
        MemoryOrder order = TakeOrder(c);
        IgnoreHints(c);
        c.TakeAny("v2", "v4", "v8", "");
        PtxType t = c.Type();
        Register[] from = [.. c.Items(1).Select(i => c.SourceOf(i, t))];
        (Register address, long offset, space) = c.Address(0, space);
        AccessKind kind = AccessKind.Write | (order == MemoryOrder.Weak ? 0 : AccessKind.Strong);
        return new StoreInstruction(from, t, space, address, offset, kind, order);
    }

    private static General ConvertAddress(DecodeContext c)
    {
        bool to = c.Take("to");
        StateSpace space = TakeSpace(c);
        PtxType t = c.Type();
        ulong window = space switch
        {
            StateSpace.Shared or StateSpace.SharedCluster => EmulatedMemory.SharedWindow,
            StateSpace.Local => EmulatedMemory.LocalWindow,
            _ => 0,
        };
        Register d = c.Destination(0);
        Register a = c.Operand(1) is NameOperand n ? c.SourceOf(n, t) : c.Source(1, t);
        return to ? new General(d, a, a, a, (x, _, _) => x - window) : new General(d, a, a, a, (x, _, _) => x + window);
    }

    private static General IsSpace(DecodeContext c)
    {
        StateSpace space = TakeSpace(c);
        Register a = c.Source(1, PtxType.U64);
        return new General(c.Destination(0), a, a, a, (x, _, _) =>
        {
            StateSpace actual = MemoryAccess.Resolve(ref x);
            bool isOwn = space == StateSpace.Shared && actual == StateSpace.SharedCluster && x >> 24 == 0;
            return actual == space || isOwn || (space is StateSpace.Const or StateSpace.Param && false) ? 1u : 0;
        });
    }

    private static General MapAddress(DecodeContext c)
    {
        c.Need(GpuArch.Sm90, "mapa");
        bool isShared = TakeSpace(c) != StateSpace.Generic;
        PtxType t = c.Type();
        Register a = c.Source(1, t), rank = c.Source(2, PtxType.U32);
        _ = isShared;
        return new General(c.Destination(0), a, rank, a, (x, r, _) => (x & ~0xFF000000UL) | ((r + 1) << 24));
    }

    private static RankOfAddress BlockRank(DecodeContext c)
    {
        c.Need(GpuArch.Sm90, "getctarank");
        TakeSpace(c);
        PtxType t = c.Type();
        return new RankOfAddress(c.Destination(0), c.Source(1, t));
    }

    private static AddressHint Hint(DecodeContext c)
    {
        StateSpace space = TakeSpace(c);
        bool isTensorMap = c.Take("tensormap");
        IgnoreHints(c);
        c.Ignore("L1", "L2");
        (Register address, long offset, space) = c.Address(0, space);
        return new AddressHint(address, offset, space, c.Name == "discard", isTensorMap);
    }

    private static Copy<ulong> Policy(DecodeContext c)
    {
        c.Need(GpuArch.Sm80, "createpolicy");
        c.Ignore("fractional", "range", "cvt", "L2", "global");
        c.Type();
        Register zero = c.Registers.Constant(0, PtxType.B64);
        return new Copy<ulong>(c.Destination(0), zero);
    }
}

/// <summary>The memory order of an access: PTX ISA 8.</summary>
internal enum MemoryOrder
{
    Weak,
    Relaxed,
    Acquire,
    Release,
    AcquireRelease,
}
