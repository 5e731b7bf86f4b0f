using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

/// <summary>What an atomic access does with the value in memory.</summary>
public enum AtomicOperation
{
    /// <summary>Adds; U32, I32, U64, F32, F64, F16x2, BF16x2 (the last two on global memory without a result).</summary>
    Add,

    /// <summary>Keeps the smaller; integers.</summary>
    Min,

    /// <summary>Keeps the larger; integers.</summary>
    Max,

    /// <summary>Adds 1, and goes to 0 behind the operand; U32.</summary>
    Increment,

    /// <summary>Subtracts 1, and goes to the operand behind 0; U32.</summary>
    Decrement,

    /// <summary>Keeps the bits that both have; integers.</summary>
    And,

    /// <summary>Sets the operand's bits; integers.</summary>
    Or,

    /// <summary>Flips the operand's bits; integers.</summary>
    Xor,

    /// <summary>Replaces; 32 and 64 bits.</summary>
    Exchange,
}

/// <summary>Accesses that no other thread's access can divide.</summary>
public static class Atomics
{
    /// <summary><c>atom</c>: changes element 0 and returns what it held before.</summary>
    /// <param name="place">A pointer to the element.</param>
    /// <param name="operation">What to do.</param>
    /// <param name="value">Its operand.</param>
    /// <param name="order">Relaxed, Acquire, Release or AcquireRelease.</param>
    /// <param name="scope">Threads that the access is atomic for.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static T Atomic<T>(this Global<T> place, AtomicOperation operation, T value, MemoryOrder order = MemoryOrder.Relaxed,
        MemoryScope scope = MemoryScope.Device, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) where T : struct, IRegister<T> =>
        Change(place.Place, operation, value, (order, scope), file, line);

    /// <inheritdoc cref="Atomic{T}(Global{T}, AtomicOperation, T, MemoryOrder, MemoryScope, string, int)"/>
    public static T Atomic<T>(this Shared<T> place, AtomicOperation operation, T value, MemoryOrder order = MemoryOrder.Relaxed,
        MemoryScope scope = MemoryScope.Block, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) where T : struct, IRegister<T> =>
        Change(place.Place, operation, value, (order, scope), file, line);

    /// <summary><c>red</c>: changes element 0; nothing comes back, so nobody waits.</summary>
    /// <param name="place">A pointer to the element.</param>
    /// <param name="operation">What to do; not Exchange.</param>
    /// <param name="value">Its operand.</param>
    /// <param name="order">Relaxed or Release.</param>
    /// <param name="scope">Threads that the access is atomic for.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static void Reduce<T>(this Global<T> place, AtomicOperation operation, T value, MemoryOrder order = MemoryOrder.Relaxed,
        MemoryScope scope = MemoryScope.Device, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) where T : struct, IRegister<T> =>
        Send(place.Place, operation, value, (order, scope), file, line);

    /// <inheritdoc cref="Reduce{T}(Global{T}, AtomicOperation, T, MemoryOrder, MemoryScope, string, int)"/>
    public static void Reduce<T>(this Shared<T> place, AtomicOperation operation, T value, MemoryOrder order = MemoryOrder.Relaxed,
        MemoryScope scope = MemoryScope.Block, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) where T : struct, IRegister<T> =>
        Send(place.Place, operation, value, (order, scope), file, line);

    /// <summary><c>atom.cas</c>: writes element 0 where it holds <paramref name="expected"/>, and returns what it held before.</summary>
    /// <param name="place">A pointer to the element.</param>
    /// <param name="expected">What it must hold.</param>
    /// <param name="value">What it then gets.</param>
    /// <param name="order">Relaxed, Acquire, Release or AcquireRelease.</param>
    /// <param name="scope">Threads that the access is atomic for.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static U32 CompareExchange(this Global<U32> place, U32 expected, U32 value, MemoryOrder order = MemoryOrder.Relaxed,
        MemoryScope scope = MemoryScope.Device, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Swap(place.Place, expected, value, (order, scope), file, line);

    /// <inheritdoc cref="CompareExchange(Global{U32}, U32, U32, MemoryOrder, MemoryScope, string, int)"/>
    public static U32 CompareExchange(this Shared<U32> place, U32 expected, U32 value, MemoryOrder order = MemoryOrder.Relaxed,
        MemoryScope scope = MemoryScope.Block, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Swap(place.Place, expected, value, (order, scope), file, line);

    private static T Change<T>(Address place, AtomicOperation operation, T value, (MemoryOrder, MemoryScope) how, string file, int line)
        where T : struct, IRegister<T>
    {
        PtxBuilder k = place.Builder();
        T old = k.Result<T>($"atom{Order(k, how)}{Memory.Name(place.Space)}.{Operation<T>(k, operation)}", place.Operand, k.InRegister(value.Value));
        old.Value!.Varies = true; // Result gives a register; each thread comes at its own time
        k.At(file, line);
        return old;
    }

    private static void Send<T>(Address place, AtomicOperation operation, T value, (MemoryOrder Order, MemoryScope) how, string file, int line)
        where T : struct, IRegister<T>
    {
        PtxBuilder k = place.Builder();
        if (operation == AtomicOperation.Exchange || how.Order is MemoryOrder.Acquire or MemoryOrder.AcquireRelease)
            throw k.Fail($"Reduce was asked for {operation} with the order {how.Order}, but it reads nothing (no Exchange, no Acquire). Use Atomic");
        k.Emit($"red{Order(k, how)}{Memory.Name(place.Space)}.{Operation<T>(k, operation)}", place.Operand, k.InRegister(value.Value));
        k.At(file, line);
    }

    private static U32 Swap(Address place, U32 expected, U32 value, (MemoryOrder, MemoryScope) how, string file, int line)
    {
        PtxBuilder k = place.Builder();
        U32 old = k.Result<U32>($"atom{Order(k, how)}{Memory.Name(place.Space)}.cas.b32", place.Operand, k.InRegister(expected.Value), k.InRegister(value.Value));
        old.Value!.Varies = true; // Result gives a register; each thread comes at its own time
        k.At(file, line);
        return old;
    }

    private static string Order(PtxBuilder k, (MemoryOrder Order, MemoryScope Scope) how) => how.Order switch
    {
        MemoryOrder.Relaxed => ".relaxed",
        MemoryOrder.Acquire => ".acquire",
        MemoryOrder.Release => ".release",
        MemoryOrder.AcquireRelease => ".acq_rel",
        _ => throw k.Fail($"an atomic access has the order {how.Order}, but Relaxed, Acquire, Release or AcquireRelease was expected"),
    } + Memory.Scope(k, how.Scope);

    private static string Operation<T>(PtxBuilder k, AtomicOperation operation) where T : struct, IRegister<T>
    {
        string type = T.ElementType.Suffix, bits = $"b{T.ElementType.RegisterBits}";
        bool isInteger = type is "u32" or "s32" or "u64" or "s64";
        string? name = operation switch
        {
            AtomicOperation.Add when type is "f16x2" => "add.noftz.f16x2",
            AtomicOperation.Add when type is "bf16x2" => "add.noftz.bf16x2",
            AtomicOperation.Add when isInteger || type is "f32" or "f64" => $"add.{(type == "s64" ? "u64" : type)}",
            AtomicOperation.Min when isInteger => $"min.{type}",
            AtomicOperation.Max when isInteger => $"max.{type}",
            AtomicOperation.Increment when type == "u32" => "inc.u32",
            AtomicOperation.Decrement when type == "u32" => "dec.u32",
            AtomicOperation.And when isInteger => $"and.{bits}",
            AtomicOperation.Or when isInteger => $"or.{bits}",
            AtomicOperation.Xor when isInteger => $"xor.{bits}",
            AtomicOperation.Exchange when T.ElementType.RegisterBits >= 32 => $"exch.{bits}",
            _ => null,
        };
        if (type == "bf16x2")
            k.Require("an atomic addition of BF16x2", 78, GpuArch.Sm90);
        return name ?? throw k.Fail($"an atomic {operation} of {T.ElementType.Name} was asked for, but the instruction set has none");
    }
}
