namespace Puna.Kernels.Gpu;

/// <summary>What a device is.</summary>
/// <param name="Name">As the driver gives it; the emulator's own says so.</param>
/// <param name="Arch">The best target that it runs: <c>sm_90a</c> on compute capability 9.0.</param>
/// <param name="DriverVersion">CUDA version of the driver, 13000 for 13.0; 0 in the emulator.</param>
/// <param name="MultiprocessorCount">Streaming multiprocessors.</param>
/// <param name="SharedBytesPerBlock">Shared memory that one block may ask for.</param>
/// <param name="SharedBytesPerMultiprocessor">Shared memory of a multiprocessor.</param>
/// <param name="L2Bytes">Second-level cache.</param>
/// <param name="MemoryBytes">Device memory.</param>
/// <param name="ClockKilohertz">Highest clock of the multiprocessors; 0 where unknown.</param>
public sealed record GpuFacts(
    string Name, GpuArch Arch, int DriverVersion, int MultiprocessorCount, int SharedBytesPerBlock,
    int SharedBytesPerMultiprocessor, long L2Bytes, long MemoryBytes, int ClockKilohertz);
