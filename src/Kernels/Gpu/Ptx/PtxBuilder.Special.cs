using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

public sealed partial class PtxBuilder
{
    /// <summary>The thread's place in its block, along x.</summary>
    public U32 ThreadX => U32.Of(Special("%tid.x", "tid_x", varies: true));

    /// <summary>The thread's place in its block, along y.</summary>
    public U32 ThreadY => U32.Of(Special("%tid.y", "tid_y", varies: true));

    /// <summary>The thread's place in its block, along z.</summary>
    public U32 ThreadZ => U32.Of(Special("%tid.z", "tid_z", varies: true));

    /// <summary>The block's place in the grid, along x.</summary>
    public U32 BlockX => U32.Of(Special("%ctaid.x", "block_x", varies: false));

    /// <summary>The block's place in the grid, along y.</summary>
    public U32 BlockY => U32.Of(Special("%ctaid.y", "block_y", varies: false));

    /// <summary>The block's place in the grid, along z.</summary>
    public U32 BlockZ => U32.Of(Special("%ctaid.z", "block_z", varies: false));

    /// <summary>Blocks of the grid along x.</summary>
    public U32 GridX => U32.Of(Special("%nctaid.x", "grid_x", varies: false));

    /// <summary>Blocks of the grid along y.</summary>
    public U32 GridY => U32.Of(Special("%nctaid.y", "grid_y", varies: false));

    /// <summary>Blocks of the grid along z.</summary>
    public U32 GridZ => U32.Of(Special("%nctaid.z", "grid_z", varies: false));

    /// <summary>The thread's place in its warp, 0 to 31.</summary>
    public U32 Lane => U32.Of(Special("%laneid", "lane", varies: true));

    /// <summary>The multiprocessor that runs the thread now.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public U32 Multiprocessor([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Read<U32>("mov.u32", "%smid", file, line);

    /// <summary>The multiprocessor's clock, in cycles.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public U64 Clock([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Read<U64>("mov.u64", "%clock64", file, line);

    /// <summary>Nanoseconds on a clock of the whole device; it may tick once per microsecond.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public U64 GlobalTimer([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Read<U64>("mov.u64", "%globaltimer", file, line);

    // what never changes is read once, before the body
    private Value Special(string source, string name, bool varies)
    {
        if (_special.TryGetValue(source, out Value? known))
            return known;
        Value register = InPrologue(PtxType.U32, name);
        register.Varies = varies;
        _prologue.Add(new Line(LineKind.Instruction, "mov.u32", [Operand.Out(register), source], 0));
        return _special[source] = register;
    }

    private T Read<T>(string opcode, string source, string file, int line) where T : struct, IRegister<T>
    {
        T result = Result<T>(opcode, source);
        result.Value!.Varies = true; // Result gives a register
        At(file, line);
        return result;
    }
}
