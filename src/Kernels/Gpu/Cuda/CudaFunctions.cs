using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text;

namespace Puna.Kernels.Gpu.Cuda;

/// <summary>Kernels on the device: one module each, named by their function's handle.</summary>
internal sealed unsafe class CudaFunctions(CudaContext context, CudaCompiler compiler)
{
    // Static and dynamic shared memory above this is granted only when asked for: CUDA programming guide, 48 KB.
    private const int SharedBytesWithoutAsking = 48 * 1024;
    private const int PortableClusterBlocks = 8;

    private readonly ConcurrentDictionary<nint, Loaded> _functions = [];

    /// <summary>A loaded kernel.</summary>
    /// <param name="Module">What is unloaded with it.</param>
    /// <param name="ParameterBytes">The size of each parameter; default where the driver does not tell (before 12.4).</param>
    public sealed record Loaded(nint Module, ImmutableArray<int> ParameterBytes);

    /// <summary>What is known of a loaded kernel.</summary>
    public Loaded this[nint function] => _functions[function];

    /// <summary>Compiles and loads a kernel.</summary>
    public (nint Function, CompilationReport Report) Load(GpuKernel kernel)
    {
        (nint module, string log) = compiler.Compile(kernel);
        try
        {
            nint function = 0;
            fixed (byte* name = Encoding.UTF8.GetBytes(kernel.Entry + '\0'))
                Check(context.Api.ModuleGetFunction(&function, module, name), "cuModuleGetFunction", kernel);

            // Asking for attributes also loads the code, which the driver puts off otherwise: not in a recording, then.
            CompilationReport report = new(
                Attribute(function, FunctionAttribute.Registers, kernel),
                Attribute(function, FunctionAttribute.LocalBytes, kernel),
                Attribute(function, FunctionAttribute.SharedBytes, kernel),
                log);
            AskForSharedMemory(function, kernel, report.StaticSharedBytes);
            if (kernel.Cluster is { } cluster && cluster.Count > PortableClusterBlocks)
                Set(function, FunctionAttribute.NonPortableClusterSizeAllowed, 1, kernel);
            _functions[function] = new Loaded(module, ParameterBytes(function));
            return (function, report);
        }
        catch
        {
            context.Discard(module, "cuModuleUnload", context.Api.ModuleUnload);
            throw;
        }
    }

    /// <summary>Unloads a kernel.</summary>
    /// <returns>The result of the call.</returns>
    public int Unload(nint function)
    {
        int result = context.Api.ModuleUnload(_functions[function].Module);
        if (context.Errors.IsDone(result, "cuModuleUnload"))
            _functions.TryRemove(function, out _);
        return result;
    }

    private void AskForSharedMemory(nint function, GpuKernel kernel, int staticBytes)
    {
        int wanted = kernel.DynamicSharedBytes + staticBytes;
        if (wanted > context.Facts.SharedBytesPerBlock)
        {
            throw new DeviceException(
                $"CudaGpu: '{kernel.Entry}' needs {wanted} bytes of shared memory per block ({staticBytes} static + "
                + $"{kernel.DynamicSharedBytes} dynamic), but {context.Facts.Name} has {context.Facts.SharedBytesPerBlock}. "
                + "Use smaller tiles or fewer stages.");
        }

        if (wanted > SharedBytesWithoutAsking)
            Set(function, FunctionAttribute.MaxDynamicSharedBytes, kernel.DynamicSharedBytes, kernel);
    }

    private ImmutableArray<int> ParameterBytes(nint function)
    {
        CudaApi api = context.Api;
        if (api.FuncGetParamInfo == null)
            return default;
        ImmutableArray<int>.Builder sizes = ImmutableArray.CreateBuilder<int>();
        nuint offset = 0, size = 0;
        // the first index without a parameter is an invalid value
        int result;
        while ((result = api.FuncGetParamInfo(function, (nuint)sizes.Count, &offset, &size)) == 0)
            sizes.Add((int)size);
        return result == 1 ? sizes.ToImmutable() : throw context.Errors.Error(result, "cuFuncGetParamInfo");
    }

    private int Attribute(nint function, FunctionAttribute attribute, GpuKernel kernel)
    {
        int value = 0;
        Check(context.Api.FuncGetAttribute(&value, (int)attribute, function), "cuFuncGetAttribute", kernel);
        return value;
    }

    private void Set(nint function, FunctionAttribute attribute, int value, GpuKernel kernel) =>
        Check(context.Api.FuncSetAttribute(function, (int)attribute, value), "cuFuncSetAttribute", kernel);

    private void Check(int result, string call, GpuKernel kernel)
    {
        if (result != 0)
            throw context.Errors.Error(result, call, $"'{kernel.Entry}'");
    }
}
