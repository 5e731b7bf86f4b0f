using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Puna.Kernels.Gpu.Cuda;

/// <summary>
/// Compiled kernels on disk, one file each, named for the SHA-256 of everything that decides the result: driver,
/// architecture, options, text. A file holds the SHA-256 of the rest, the length of the compiler's log, the log and
/// the ELF image. One that is damaged counts as absent.
/// </summary>
/// <param name="folder">Where; made when needed.</param>
internal sealed class CubinCache(string folder)
{
    private const int HeaderBytes = SHA256.HashSizeInBytes + sizeof(int);

    /// <summary>The name of a kernel's file.</summary>
    /// <param name="ptx">The text.</param>
    /// <param name="facts">The device, whose driver compiles.</param>
    /// <param name="options">The compiler's options.</param>
    public static string Key(string ptx, GpuFacts facts, string options) => Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes($"driver {facts.DriverVersion}\n{facts.Arch}\n{options}\n{ptx}")));

    /// <summary>Looks a kernel up.</summary>
    /// <param name="key">Its name.</param>
    /// <param name="cubin">The ELF image.</param>
    /// <param name="log">What the compiler said.</param>
    /// <returns>false where it is not there or is damaged.</returns>
    public bool TryRead(string key, out byte[] cubin, out string log)
    {
        (cubin, log) = ([], "");
        byte[] file;
        try
        {
            file = File.ReadAllBytes(PathOf(key));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }

        if (file.Length < HeaderBytes
            || !SHA256.HashData(file.AsSpan(SHA256.HashSizeInBytes)).AsSpan().SequenceEqual(file.AsSpan(0, SHA256.HashSizeInBytes)))
            return false;
        int logBytes = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(SHA256.HashSizeInBytes));
        log = Encoding.UTF8.GetString(file, HeaderBytes, logBytes);
        cubin = file[(HeaderBytes + logBytes)..];
        return true;
    }

    /// <summary>
    /// Keeps a kernel. A disk that is full or read-only changes nothing but the time of the next start, so the write
    /// may fail.
    /// </summary>
    /// <param name="key">Its name.</param>
    /// <param name="cubin">The ELF image.</param>
    /// <param name="log">What the compiler said.</param>
    public void TryWrite(string key, ReadOnlySpan<byte> cubin, string log)
    {
        byte[] logBytes = Encoding.UTF8.GetBytes(log);
        byte[] file = new byte[HeaderBytes + logBytes.Length + cubin.Length];
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(SHA256.HashSizeInBytes), logBytes.Length);
        logBytes.CopyTo(file, HeaderBytes);
        cubin.CopyTo(file.AsSpan(HeaderBytes + logBytes.Length));
        SHA256.HashData(file.AsSpan(SHA256.HashSizeInBytes)).CopyTo(file, 0);

        // Readers see the old file or the new one, never a part: written aside, then renamed.
        string aside = PathOf($"{key}.{Environment.ProcessId}-{Environment.CurrentManagedThreadId}");
        try
        {
            Directory.CreateDirectory(folder);
            File.WriteAllBytes(aside, file);
            File.Move(aside, PathOf(key), overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The parts of a file that did not fit; deleting what is not there is no error.
            TryDelete(aside);
        }
    }

    /// <summary>Removes a kernel that the driver refused.</summary>
    public void Remove(string key) => TryDelete(PathOf(key));

    private string PathOf(string key) => Path.Combine(folder, key + ".cubin");

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // it will be read and refused again: slower, not wrong
        }
    }
}
