namespace Puna.Kernels.Gpu.Ptx;

/// <summary>Loads and stores of any element type, written with the qualifiers in the order that PTX asks for.</summary>
internal static class Memory
{
    public static T Load<T>(Address address, AccessOptions options) where T : struct, IElement<T>
    {
        PtxBuilder k = address.Builder();
        Value[] results = new Value[T.Width];
        for (int i = 0; i < results.Length; i++)
            results[i] = k.NewRegister(T.ElementType);
        string opcode = Opcode("ld", k, address.Space, options) + Vector<T>(k);
        k.Emit(opcode, [Group(results.Select(Operand.Out)), address.Operand, .. Policy(options)]);
        return T.FromValues(results);
    }

    public static void Store<T>(Address address, T value, AccessOptions options) where T : struct, IElement<T>
    {
        PtxBuilder k = address.Builder();
        string opcode = Opcode("st", k, address.Space, options) + Vector<T>(k);
        k.Emit(opcode, [address.Operand, Group(value.Values.Select(v => (Operand)v)), .. Policy(options)]);
    }

    public static string Scope(PtxBuilder k, MemoryScope scope)
    {
        if (scope == MemoryScope.Cluster)
            k.Require("the cluster's scope", 78, GpuArch.Sm90);
        return scope switch
        {
            MemoryScope.Block => ".cta",
            MemoryScope.Cluster => ".cluster",
            MemoryScope.Device => ".gpu",
            _ => ".sys",
        };
    }

    public static string Name(Space space) => space == Space.Shared ? ".shared" : ".global";

    private static Operand Group(IEnumerable<Operand> items) =>
        items.ToArray() is [var single] ? single : Operand.Vector([.. items]);

    private static Operand[] Policy(AccessOptions options) => options.Policy is { } policy ? [policy.Value] : [];

    private static string Vector<T>(PtxBuilder k) where T : struct, IElement<T>
    {
        if (T.ElementType.Bytes == 0)
            throw k.Fail("a predicate was loaded or stored, but memory holds none. Select 0 or 1");
        return $"{(T.Width == 1 ? "" : $".v{T.Width}")}.{T.ElementType.Memory}";
    }

    private static string Opcode(string verb, PtxBuilder k, Space space, AccessOptions options)
    {
        Check(verb, k, space, options);
        string order = options.Order switch
        {
            MemoryOrder.Volatile => ".volatile",
            MemoryOrder.Relaxed => ".relaxed" + Scope(k, options.Scope),
            MemoryOrder.Acquire => ".acquire" + Scope(k, options.Scope),
            MemoryOrder.Release => ".release" + Scope(k, options.Scope),
            _ => "",
        };
        string hints = L1(options.L1) + (options.Policy is null ? "" : ".L2::cache_hint") + L2(options.Prefetch);
        if (hints.Length > 0)
            k.Require(verb + hints, 74, GpuArch.Sm80);
        return verb + order + Name(space) + (options.IsReadOnly ? ".nc" : "") + hints;
    }

    private static void Check(string verb, PtxBuilder k, Space space, AccessOptions options)
    {
        bool hinted = options.IsReadOnly || options.L1 != L1Caching.Normal || options.Policy is not null || options.Prefetch != L2Prefetch.None;
        if (space == Space.Shared && hinted)
            throw k.Fail("shared memory was accessed with cache options, but it is not cached");
        if (options.Order == MemoryOrder.AcquireRelease || options.Order == (verb == "ld" ? MemoryOrder.Release : MemoryOrder.Acquire))
            throw k.Fail($"{(verb == "ld" ? "a load" : "a store")} has the order {options.Order}, but loads acquire and stores release");
        if (verb == "st" && (options.IsReadOnly || options.Prefetch != L2Prefetch.None))
            throw k.Fail("a store has a load's options (IsReadOnly, Prefetch)");
        if (options.IsReadOnly && options.Order != MemoryOrder.Weak)
            throw k.Fail($"a load is read-only and {options.Order}, but what nobody writes needs no order");
        if (options.Order == MemoryOrder.Volatile && (options.L1 != L1Caching.Normal || options.Policy is not null))
            throw k.Fail("a volatile access has cache options, but it goes past the caches");
    }

    private static string L1(L1Caching caching) => caching switch
    {
        L1Caching.None => ".L1::no_allocate",
        L1Caching.EvictFirst => ".L1::evict_first",
        L1Caching.EvictLast => ".L1::evict_last",
        _ => "",
    };

    private static string L2(L2Prefetch prefetch) => prefetch switch
    {
        L2Prefetch.Bytes64 => ".L2::64B",
        L2Prefetch.Bytes128 => ".L2::128B",
        L2Prefetch.Bytes256 => ".L2::256B",
        _ => "",
    };
}
