using Puna.Kernels.Gpu.Emulator.Async;
using Puna.Kernels.Gpu.Emulator.Syntax;
using Puna.Kernels.Gpu.Layouts;

namespace Puna.Kernels.Gpu.Emulator.Instructions;

/// <summary>Asynchronous copies, mbarriers, tensor maps: PTX ISA 9.7.9 (data movement) and 9.7.13 (mbarrier).</summary>
internal static class AsyncOpcodes
{
    private static readonly string[] Spaces = ["shared::cluster", "shared::cta", "shared", "global"];

    /// <summary>The instruction of an opcode that belongs here; null for others.</summary>
    public static Instruction? Decode(DecodeContext c) => c.Name switch
    {
        "cp" => Copy(c),
        "mbarrier" => Barrier(c),
        "st" when c.Syntax.Modifiers.Contains("async") => Store(c),
        "tensormap" => TensorMap(c),
        "prefetch" when c.Syntax.Modifiers.Contains("tensormap") => PrefetchTensorMap(c),
        _ => null,
    };

    private static Instruction Copy(DecodeContext c)
    {
        bool isReduction = c.Take("reduce");
        if (!c.Take("async"))
            throw c.Error("the emulator knows cp.async and cp.reduce.async alone");
        if (!c.Take("bulk"))
            return CopyThreads(c);
        c.Need(GpuArch.Sm90, "cp.async.bulk");
        if (c.Take("commit_group"))
            return new CopyCommit(isBulk: true);
        if (c.Take("wait_group"))
            return new BulkWait((int)c.Immediate(0), c.Take("read"));
        bool isTensor = c.Take("tensor");
        if (c.Take("prefetch"))
            return Prefetch(c, isTensor);
        return isTensor ? TensorCopy(c, isReduction) : BulkCopy(c, isReduction);
    }

    private static Instruction CopyThreads(DecodeContext c)
    {
        c.Need(GpuArch.Sm80, "cp.async");
        if (c.Take("commit_group"))
            return new CopyCommit(isBulk: false);
        if (c.Take("wait_all"))
            return new CopyWait(-1);
        if (c.Take("wait_group"))
            return new CopyWait((int)c.Immediate(0));
        if (c.Take("mbarrier"))
            return CopyArrive(c);
        bool isCached = c.Take("ca"), hasPolicy = c.Take("L2::cache_hint");
        c.Ignore("L2::");
        c.Take("cg");
        c.TakeAny("shared", "shared::cta");
        c.Take("global");
        int bytes = (int)c.Immediate(2);
        if (bytes != 16 && !(isCached && bytes is 4 or 8))
            throw c.Error($"cp.async{(isCached ? ".ca copies 4, 8 or 16 bytes" : ".cg copies 16 bytes")}, not {bytes}");
        int operands = c.OperandCount - (hasPolicy ? 1 : 0);
        Register given = Register.Sink;
        (Register, bool) ignore = (Register.Sink, false);
        if (operands > 3)
        {
            if (c.Operand(3) is NotOperand || (c.Operand(3) is NameOperand n && c.Named(n.Name).IsPredicate))
                ignore = c.Predicate(c.Operand(3));
            else
                given = c.Source(3, PtxType.U32);
        }

        return new CopyAsync(c.Address(0, StateSpace.Shared), c.Address(1, StateSpace.Global), bytes, given, ignore);
    }

    private static CopyArrive CopyArrive(DecodeContext c)
    {
        c.Take("arrive");
        bool isCounted = c.Take("noinc");
        StateSpace space = MemoryOpcodes.TakeSpace(c);
        c.Take("b64");
        return new CopyArrive(c.Address(0, space), addsPending: !isCounted);
    }

    private static Instruction Barrier(DecodeContext c)
    {
        c.Need(GpuArch.Sm80, "mbarrier");
        foreach (string name in new[] { "init", "inval", "arrive", "arrive_drop", "expect_tx", "complete_tx", "test_wait", "try_wait", "pending_count" })
        {
            if (c.Left.Count > 0 && c.Left[0] == name)
            {
                c.Take(name);
                return Barrier(c, name);
            }
        }

        throw c.Error("the emulator does not know this mbarrier instruction");
    }

    private static Instruction Barrier(DecodeContext c, string name)
    {
        bool isParity = c.Take("parity"), isNoComplete = c.Take("noComplete"), expects = name.StartsWith("arrive", StringComparison.Ordinal) && c.Take("expect_tx");
        bool isRelaxed = c.Take("relaxed");
        c.TakeAny("release", "acquire", "");
        c.TakeAny("cta", "cluster", "");
        StateSpace space = MemoryOpcodes.TakeSpace(c);
        c.Take("b64");
        if (expects || name is "expect_tx" or "complete_tx" or "try_wait")
            c.Need(GpuArch.Sm90, $"mbarrier with transactions or try_wait");
        switch (name)
        {
            case "init":
                return new BarrierInit(c.Address(0, space), c.Source(1, PtxType.U32));
            case "inval":
                return new BarrierInit(c.Address(0, space), Register.Sink);
            case "pending_count":
                Register state = c.Source(1, PtxType.B64);
                return new General(c.Destination(0), state, state, state, (x, _, _) => (uint)x);
            case "expect_tx" or "complete_tx":
                return new BarrierArrive(
                    name == "expect_tx" ? BarrierAction.Expect : BarrierAction.CompleteBytes, Register.Sink, c.Address(0, space), c.Source(1, PtxType.U32), false, false);
            case "test_wait" or "try_wait":
                return new BarrierTest(c.Destination(0), c.Address(1, space), c.Source(2, isParity ? PtxType.U32 : PtxType.B64), isParity, !isRelaxed);
        }

        BarrierAction action = (name == "arrive", expects) switch
        {
            (true, true) => BarrierAction.ArriveExpect,
            (true, false) => BarrierAction.Arrive,
            (false, true) => BarrierAction.DropExpect,
            _ => BarrierAction.Drop,
        };
        // without a state, the address is the first operand
        bool hasState = c.Operand(0) is not AddressOperand;
        int at = hasState ? 1 : 0;
        Register amount = c.OperandCount > at + 1 ? c.Source(at + 1, PtxType.U32) : Register.Sink;
        return new BarrierArrive(action, hasState ? c.Destination(0) : Register.Sink, c.Address(at, space), amount, !isRelaxed, isNoComplete);
    }

    private static BulkCopyInstruction BulkCopy(DecodeContext c, bool isReduction)
    {
        (StateSpace to, StateSpace from) = Direction(c);
        (bool hasMulticast, bool hasPolicy) = Options(c);
        BulkReduction? reduction = isReduction ? Reduction(c, isTensor: false) : null;
        BulkDirection direction = to == StateSpace.Global ? BulkDirection.SharedToGlobal
            : from == StateSpace.Global ? BulkDirection.GlobalToShared : BulkDirection.SharedToShared;
        int next = 3;
        (Register, long, StateSpace) barrier = default;
        if (direction != BulkDirection.SharedToGlobal)
            barrier = c.Address(next++, StateSpace.SharedCluster);
        Register mask = hasMulticast ? c.Source(next++, PtxType.U16) : Register.Sink;
        CheckOperands(c, next + (hasPolicy ? 1 : 0));
        return new BulkCopyInstruction(direction, c.Address(0, to), c.Address(1, from), c.Source(2, PtxType.U32), barrier, mask, reduction);
    }

    private static TensorCopyInstruction TensorCopy(DecodeContext c, bool isReduction)
    {
        int rank = Rank(c);
        (StateSpace to, _) = Direction(c);
        (bool hasMulticast, bool hasPolicy) = Options(c);
        c.Take("tile");
        BulkReduction? reduction = isReduction ? Reduction(c, isTensor: true) : null;
        bool isLoad = to != StateSpace.Global;
        Operand map = c.Operand(isLoad ? 1 : 0);
        int next = 2;
        (Register, long, StateSpace) barrier = default;
        if (isLoad)
            barrier = c.Address(next++, StateSpace.SharedCluster);
        Register mask = hasMulticast ? c.Source(next++, PtxType.U16) : Register.Sink;
        CheckOperands(c, next + (hasPolicy ? 1 : 0));
        return new TensorCopyInstruction(
            isLoad, c.AddressIn(map, StateSpace.Generic), Coordinates(c, map, rank), c.Address(isLoad ? 0 : 1, StateSpace.SharedCluster), barrier, mask, reduction);
    }

    private static BulkPrefetch Prefetch(DecodeContext c, bool isTensor)
    {
        c.Take("L2");
        c.Take("global");
        c.Ignore("L2::", "tile");
        if (!isTensor)
            return new BulkPrefetch(c.Address(0, StateSpace.Global), c.Source(1, PtxType.U32));
        Coordinates(c, c.Operand(0), Rank(c));
        return new BulkPrefetch(c.Address(0, StateSpace.Generic), Register.Sink);
    }

    private static BulkPrefetch PrefetchTensorMap(DecodeContext c)
    {
        c.Need(GpuArch.Sm90, "prefetch.tensormap");
        c.Take("tensormap");
        StateSpace space = MemoryOpcodes.TakeSpace(c);
        return new BulkPrefetch(c.Address(0, space), Register.Sink);
    }

    private static StoreAsync Store(DecodeContext c)
    {
        c.Need(GpuArch.Sm90, "st.async");
        c.Take("async");
        c.Take("weak");
        c.Take("shared::cluster");
        c.Take("mbarrier::complete_tx::bytes");
        c.TakeAny("v2", "v4", "");
        PtxType type = c.Type();
        return new StoreAsync(c.Address(0, StateSpace.SharedCluster), [.. c.Items(1).Select(o => c.SourceOf(o, type))], type, c.Address(2, StateSpace.SharedCluster));
    }

    private static Instruction TensorMap(DecodeContext c)
    {
        c.Need(GpuArch.Sm90a, "tensormap");
        if (c.Take("cp_fenceproxy"))
        {
            c.Ignore("");
            return new TensorMapCopy(c.Address(0, StateSpace.Global), c.Address(1, StateSpace.Shared));
        }

        if (!c.Take("replace"))
            throw c.Error("the emulator does not know this tensormap instruction");
        c.Take("tile");
        string field = c.TakeAny(
            "global_address", "rank", "box_dim", "global_dim", "global_stride", "element_stride", "elemtype", "interleave_layout", "swizzle_mode", "fill_mode", "");
        StateSpace space = MemoryOpcodes.TakeSpace(c);
        c.Take("b1024");
        PtxType type = c.TryType();
        bool isIndexed = field is "box_dim" or "global_dim" or "global_stride" or "element_stride";
        int index = isIndexed ? (int)c.Immediate(1) : 0;
        Register value = c.Source(isIndexed ? 2 : 1, type == PtxType.None ? PtxType.B32 : type);
        (int at, int bytes) = field switch
        {
            "global_address" => (TensorMapCode.AddressAt, 8),
            "rank" => (TensorMapCode.RankAt, 1),
            "box_dim" => (TensorMapCode.BoxAt + (4 * index), 4),
            "global_dim" => (TensorMapCode.ExtentsAt + (4 * index), 4),
            "global_stride" => (TensorMapCode.StridesAt + (8 * index), 8),
            "element_stride" => (TensorMapCode.ElementStridesAt + (4 * index), 4),
            "elemtype" => (TensorMapCode.FormatAt, 1),
            "interleave_layout" => (TensorMapCode.InterleaveAt, 1),
            "swizzle_mode" => (TensorMapCode.SwizzleAt, 1),
            "fill_mode" => (TensorMapCode.FillAt, 1),
            _ => throw c.Error("a field of a tensor map was expected"),
        };
        return new TensorMapReplace(c.Address(0, space), at, bytes, value, field == "elemtype", field == "rank");
    }

    // the first space is the target's
    private static (StateSpace To, StateSpace From) Direction(DecodeContext c)
    {
        string[] spaces = [.. c.Syntax.Modifiers.Where(Spaces.Contains)];
        if (spaces.Length != 2)
            throw c.Error("two state spaces were expected");
        foreach (string space in spaces)
            c.Take(space);
        return (Space(spaces[0]), Space(spaces[1]));

        static StateSpace Space(string name) => name == "global" ? StateSpace.Global : StateSpace.SharedCluster;
    }

    private static (bool HasMulticast, bool HasPolicy) Options(DecodeContext c)
    {
        if (!c.Take("mbarrier::complete_tx::bytes") && !c.Take("bulk_group"))
            throw c.Error("how the copy is waited for was expected: .mbarrier::complete_tx::bytes or .bulk_group");
        return (c.Take("multicast::cluster"), c.Take("L2::cache_hint"));
    }

    private static int Rank(DecodeContext c)
    {
        string rank = c.TakeAny("1d", "2d", "3d", "4d", "5d", "");
        return rank.Length == 0 ? throw c.Error("the number of dimensions was expected: .1d to .5d") : rank[0] - '0';
    }

    private static Register[] Coordinates(DecodeContext c, Operand map, int rank)
    {
        Register[] coordinates = map is AddressOperand a
            ? [.. a.Coordinates.SelectMany(o => o is VectorOperand v ? (IEnumerable<Operand>)v.Items : [o]).Select(o => c.SourceOf(o, PtxType.S32))] : [];
        return coordinates.Length == rank ? coordinates : throw c.Error($"{rank} coordinates were expected");
    }

    private static BulkReduction Reduction(DecodeContext c, bool isTensor)
    {
        string operation = c.TakeAny("add", "min", "max", "inc", "dec", "and", "or", "xor", "");
        if (!Enum.TryParse(operation, ignoreCase: true, out ReductionOperation parsed))
            throw c.Error("an operation was expected");
        c.Take("noftz");
        return new BulkReduction(parsed, isTensor ? PtxType.None : c.Type());
    }

    private static void CheckOperands(DecodeContext c, int count)
    {
        if (c.OperandCount != count)
            throw c.Error($"{count} operands were expected");
    }
}
