namespace Puna.Kernels.Gpu.Ptx;

/// <summary>What groups of instructions need.</summary>
internal enum Needs
{
    /// <summary>PTX 7.8 and sm_90.</summary>
    Sm90,

    /// <summary>Conversions of 8-bit floats: PTX 7.8 on sm_90, 8.1 on sm_89.</summary>
    Float8,
}
