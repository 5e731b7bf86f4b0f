using System.Collections.Immutable;

namespace Puna.Kernels.Gpu;

/// <summary>
/// The parameters of a launch in their order. Each is copied: 4 or 8 bytes, or a tensor map's 128.
/// </summary>
public sealed class KernelArguments
{
    private readonly ImmutableArray<ImmutableArray<byte>>.Builder _values = ImmutableArray.CreateBuilder<ImmutableArray<byte>>();

    /// <summary>The bytes of each parameter.</summary>
    public IReadOnlyList<ImmutableArray<byte>> Values => _values;

    /// <summary>A 64-bit address in device memory.</summary>
    public KernelArguments Pointer(ulong address) => Bytes(BitConverter.GetBytes(address));

    /// <summary>The address of a buffer's first byte.</summary>
    public KernelArguments Buffer(DeviceBuffer buffer) => Pointer(buffer.Address);

    /// <summary>A 32-bit unsigned integer.</summary>
    public KernelArguments U32(uint value) => Bytes(BitConverter.GetBytes(value));

    /// <summary>A 32-bit signed integer.</summary>
    public KernelArguments I32(int value) => Bytes(BitConverter.GetBytes(value));

    /// <summary>A 64-bit unsigned integer.</summary>
    public KernelArguments U64(ulong value) => Bytes(BitConverter.GetBytes(value));

    /// <summary>A 32-bit float.</summary>
    public KernelArguments F32(float value) => Bytes(BitConverter.GetBytes(value));

    /// <summary>A parameter of any size: a struct, a tensor map.</summary>
    public KernelArguments Bytes(ReadOnlySpan<byte> value)
    {
        _values.Add([.. value]);
        return this;
    }
}
