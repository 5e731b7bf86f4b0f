namespace Puna.Kernels.Gpu.Ptx;

public sealed partial class PtxBuilder
{
    private const int StaticBudget = 48 * 1024;
    private readonly List<string> _sharedDeclarations = [];
    private readonly Dictionary<string, Value> _symbolAddresses = [];
    private int _staticSharedBytes;
    private int _dynamicSharedBytes;

    /// <summary>Name of the dynamic shared memory in the text; null where there is none.</summary>
    internal string? DynamicSymbol { get; private set; }

    internal IReadOnlyList<string> SharedDeclarations => _sharedDeclarations;

    /// <summary>Alignment of the dynamic shared memory; 0 where there is none.</summary>
    internal int DynamicSharedAlignment { get; private set; }

    /// <summary>An array in shared memory, of at most 48 KiB with all its like.</summary>
    /// <typeparam name="T">Of its elements.</typeparam>
    /// <param name="name">Name in the text.</param>
    /// <param name="count">Elements.</param>
    /// <param name="align">Alignment in bytes, a power of two.</param>
    public Shared<T> SharedArray<T>(string name, int count, int align = 16) where T : struct, IElement<T>
    {
        int bytes = ArrayBytes<T>(name, count, align);
        ClaimSymbol(name, "shared array");
        int start = RoundUp(_staticSharedBytes, align);
        if (start + (long)bytes > StaticBudget)
            throw Fail($"the shared array '{name}' of {bytes} bytes would end at {start + (long)bytes}, but declared shared memory has {StaticBudget} bytes. Use DynamicShared");
        _staticSharedBytes = start + bytes;
        CheckBudget(name);
        _sharedDeclarations.Add($".align {align} .b8 {name}[{bytes}]");
        return new Shared<T>(new Address(this, Space.Shared, null, name, 0, name));
    }

    /// <summary>A part of the shared memory that a launch provides, behind the parts asked for before.</summary>
    /// <typeparam name="T">Of its elements.</typeparam>
    /// <param name="name">Name in the text.</param>
    /// <param name="count">Elements.</param>
    /// <param name="align">Alignment in bytes, a power of two: 128 for bulk copies, 1024 for swizzled tiles.</param>
    public Shared<T> DynamicShared<T>(string name, int count, int align = 16) where T : struct, IElement<T>
    {
        int bytes = ArrayBytes<T>(name, count, align);
        ClaimSymbol(name, "shared array");
        if (DynamicSymbol is null)
            ClaimSymbol(DynamicSymbol = NewSymbol("dynamic_shared"), "dynamic shared memory");
        int start = RoundUp(_dynamicSharedBytes, align);
        _dynamicSharedBytes = (int)Math.Min(start + (long)bytes, int.MaxValue);
        DynamicSharedAlignment = Math.Max(DynamicSharedAlignment, align);
        CheckBudget(name);
        return new Shared<T>(new Address(this, Space.Shared, null, DynamicSymbol, start, name));
    }

    private int ArrayBytes<T>(string name, int count, int align) where T : struct, IElement<T>
    {
        CheckOpen();
        if (count < 1 || align < 1 || (align & (align - 1)) != 0 || align > 1024)
            throw Fail($"the shared array '{name}' has {count} elements and alignment {align}, but one element at least and a power of two up to 1024 were expected");
        int size = T.ElementType.Bytes * T.Width;
        if (size == 0)
            throw Fail($"the shared array '{name}' holds predicates, but memory holds none");
        if ((long)size * count > int.MaxValue)
            throw Fail($"the shared array '{name}' has {(long)size * count} bytes, but a block has {Arch.SharedBytesPerBlock} on {Arch}");
        return size * count;
    }

    private void CheckBudget(string name)
    {
        long total = (long)_staticSharedBytes + _dynamicSharedBytes;
        if (total > Arch.SharedBytesPerBlock)
            throw Fail($"with the shared array '{name}' the kernel needs {total} bytes of shared memory, but a block has {Arch.SharedBytesPerBlock} on {Arch}");
    }

    /// <summary>A register with a shared array's address, written once, before the body.</summary>
    internal Value SymbolAddress(string symbol)
    {
        if (_symbolAddresses.TryGetValue(symbol, out Value? known))
            return known;
        Value register = InPrologue(PtxType.U32, symbol);
        _prologue.Add(new Line(LineKind.Instruction, "mov.u32", [Operand.Out(register), symbol], 0));
        return _symbolAddresses[symbol] = register;
    }

    private static int RoundUp(int value, int align) => (value + align - 1) / align * align;
}
