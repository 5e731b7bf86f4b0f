namespace Puna.Kernels.Gpu.Emulator;

/// <summary>
/// What one activation of a recursive function owns: its registers and parameters, which a call back to the function
/// saves and its return restores, and its local variables, which every activation has anew.
/// </summary>
internal sealed class RecursionFrame
{
    /// <summary>Activations of one thread at most.</summary>
    public const int MaximumDepth = 128;

    /// <summary>First register that came into being with the function's body, and the one behind the last.</summary>
    public (int First, int End) Numbers { get; set; }

    /// <summary>The registers to save: known when the whole program is decoded.</summary>
    public Register[] Saved { get; set; } = [];

    /// <summary>Parameters of the function and of its calls in local memory.</summary>
    public List<(int Offset, int Bytes)> Local { get; } = [];

    /// <summary>Registers that hold the addresses of local variables, with the variables' places in the frame.</summary>
    public List<(Register Address, int Offset)> Variables { get; } = [];

    /// <summary>The size of all local variables of an activation.</summary>
    public int Bytes { get; private set; }

    /// <summary>Room for a variable.</summary>
    public int Place(int bytes, int alignment)
    {
        int offset = (Bytes + alignment - 1) / alignment * alignment;
        Bytes = offset + bytes;
        return offset;
    }
}
