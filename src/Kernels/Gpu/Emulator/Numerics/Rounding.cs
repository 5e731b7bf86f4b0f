namespace Puna.Kernels.Gpu.Emulator.Numerics;

/// <summary>Where a value goes that lies between two representable ones.</summary>
internal enum Rounding
{
    /// <summary><c>.rn</c>, <c>.rni</c>: the nearer one, ties to the even one.</summary>
    NearestEven,

    /// <summary><c>.rz</c>, <c>.rzi</c>.</summary>
    TowardZero,

    /// <summary><c>.rm</c>, <c>.rmi</c>: toward minus infinity.</summary>
    Down,

    /// <summary><c>.rp</c>, <c>.rpi</c>: toward plus infinity.</summary>
    Up,

    /// <summary><c>.rna</c>: the nearer one, ties away from zero.</summary>
    NearestAway,
}

/// <summary>What becomes of a result outside a format's range, or negative.</summary>
[Flags]
internal enum Clamping
{
    /// <summary>Overflow gives infinity, or NaN where the format has none.</summary>
    None = 0,

    /// <summary><c>.satfinite</c>: overflow and infinity give the largest finite value of that sign.</summary>
    Finite = 1,

    /// <summary><c>.sat</c>: results are in [0, 1], NaN gives +0.</summary>
    ZeroToOne = 2,

    /// <summary><c>.relu</c>: negative results give +0; NaN stays.</summary>
    Relu = 4,
}
