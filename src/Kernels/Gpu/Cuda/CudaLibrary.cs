using System.Runtime.InteropServices;

namespace Puna.Kernels.Gpu.Cuda;

/// <summary>Finds the driver's library, which comes with every NVIDIA driver; nothing else native is used.</summary>
internal static class CudaLibrary
{
    /// <summary>The library's exports: a function's address by its name, or 0.</summary>
    /// <exception cref="DeviceException">There is no such library.</exception>
    public static Func<string, nint> Exports()
    {
        string name = OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1";
        // never unloaded: the driver has threads of its own
        if (!NativeLibrary.TryLoad(name, out nint library))
        {
            throw new DeviceException(
                $"CudaGpu: there is no {name} on this machine, but a GPU was asked for. Install an NVIDIA driver, or choose the CPU.");
        }

        return export => NativeLibrary.TryGetExport(library, export, out nint address) ? address : 0;
    }
}
