using System.Text;

namespace Puna.Kernels.Gpu.Cuda;

/// <summary>Makes modules of PTX text and cubins, by way of the cache where there is one.</summary>
internal sealed unsafe class CudaCompiler(CudaContext context, CubinCache? cache)
{
    private const int PtxInput = 1;

    /// <summary>A module with a kernel's code; the caller unloads it.</summary>
    /// <exception cref="DeviceException">The code is refused; the message holds the compiler's log.</exception>
    /// <exception cref="ArgumentException">The text is not ASCII.</exception>
    public (nint Module, string Log) Compile(GpuKernel kernel)
    {
        if (kernel.Ptx is null)
            return Load(kernel.Entry, kernel.Cubin.Span);

        byte[] text = Terminated(kernel);
        if (cache is null)
            return Load(kernel.Entry, text);

        string key = CubinCache.Key(kernel.Ptx, context.Facts, JitLog.Key);
        if (cache.TryRead(key, out byte[] cubin, out string log))
        {
            if (TryLoad(kernel.Entry, cubin, out nint module))
                return (module, log);
            cache.Remove(key);
        }

        // Linking is slower than loading and some text loads but does not link: it only fills the cache.
        if (TryLink(text, kernel.Entry, out cubin, out log) && TryLoad(kernel.Entry, cubin, out nint linked))
        {
            cache.TryWrite(key, cubin, log);
            return (linked, log);
        }

        return Load(kernel.Entry, text);
    }

    private static byte[] Terminated(GpuKernel kernel)
    {
        GpuChecks.Ascii(kernel);
        return Encoding.ASCII.GetBytes(kernel.Ptx + '\0');
    }

    private (nint Module, string Log) Load(string entry, ReadOnlySpan<byte> image)
    {
        using JitLog log = new();
        int result = Load(image, log, out nint module);
        return result == 0 ? (module, log.Info) : throw context.Errors.Error(result, "cuModuleLoadDataEx", $"'{entry}'", log.All);
    }

    // An error of earlier work is thrown, since another way to load the same kernel cannot mend it.
    private bool TryLoad(string entry, ReadOnlySpan<byte> image, out nint module)
    {
        using JitLog log = new();
        int result = Load(image, log, out module);
        return Succeeded(result, "cuModuleLoadDataEx", entry);
    }

    private int Load(ReadOnlySpan<byte> image, JitLog log, out nint module)
    {
        CudaApi api = context.Enter();
        nint made = 0;
        int result;
        fixed (byte* bytes = image)
            result = api.ModuleLoadDataEx(&made, bytes, log.Count, log.Options, log.Values);
        module = made;
        return result;
    }

    private bool TryLink(byte[] text, string entry, out byte[] cubin, out string log)
    {
        (cubin, log) = ([], "");
        using JitLog options = new();
        CudaApi api = context.Enter();
        nint link = 0;
        if (!Succeeded(api.LinkCreate(options.Count, options.Options, options.Values, &link), "cuLinkCreate", entry))
            return false;
        try
        {
            void* image = null;
            nuint length = 0;
            fixed (byte* bytes = text, name = Encoding.UTF8.GetBytes(entry + '\0'))
            {
                if (!Succeeded(api.LinkAddData(link, PtxInput, bytes, (nuint)text.Length, name, 0, null, null), "cuLinkAddData", entry)
                    || !Succeeded(api.LinkComplete(link, &image, &length), "cuLinkComplete", entry))
                    return false;
            }

            // the image is the link's
            cubin = new ReadOnlySpan<byte>(image, checked((int)length)).ToArray();
            log = options.Info;
            return true;
        }
        finally
        {
            context.Discard(link, "cuLinkDestroy", api.LinkDestroy);
        }
    }

    private bool Succeeded(int result, string call, string entry)
    {
        if (result == 0)
            return true;
        Exception error = context.Errors.Error(result, call, $"'{entry}'");
        return context.Errors.IsLost ? throw error : false;
    }
}
