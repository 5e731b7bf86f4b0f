using System.Runtime.InteropServices;

namespace Puna.Kernels.Gpu.Cuda;

/// <summary>CUlaunchConfig: 56 bytes; the stream lies at 32, the attributes at 40, their count at 48.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LaunchConfig
{
    public uint GridX, GridY, GridZ, BlockX, BlockY, BlockZ, SharedBytes;
    public nint Stream;
    public LaunchAttribute* Attributes;
    public uint AttributeCount;
}

/// <summary>CUlaunchAttribute: a number, 4 bytes of padding, a union of 64 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 72)]
internal struct LaunchAttribute
{
    public const int ClusterDimension = 4;
    public const int ProgrammaticStreamSerialization = 6;

    [FieldOffset(0)]
    public int Id;

    [FieldOffset(8)]
    public int Value;

    [FieldOffset(8)]
    public uint X;

    [FieldOffset(12)]
    public uint Y;

    [FieldOffset(16)]
    public uint Z;
}

/// <summary>CUgraphExecUpdateResultInfo: 24 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct GraphUpdateResult
{
    public int Result;
    public nint Node;
    public nint FromNode;
}

/// <summary>CUdevice_attribute.</summary>
internal enum DeviceAttribute
{
    ClockKilohertz = 13,
    MultiprocessorCount = 16,
    L2Bytes = 38,
    ComputeMajor = 75,
    ComputeMinor = 76,
    SharedBytesPerMultiprocessor = 81,
    SharedBytesPerBlockOptIn = 97,
}

/// <summary>CUfunction_attribute.</summary>
internal enum FunctionAttribute
{
    SharedBytes = 1,
    LocalBytes = 3,
    Registers = 4,
    MaxDynamicSharedBytes = 8,
    NonPortableClusterSizeAllowed = 14,
}

/// <summary>CUjit_option.</summary>
internal enum JitOption
{
    InfoLog = 3,
    InfoLogBytes = 4,
    ErrorLog = 5,
    ErrorLogBytes = 6,
    LogVerbose = 12,
}
