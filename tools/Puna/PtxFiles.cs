using Puna.Kernels.Gpu;
using Puna.Runtime.Loading;
using Puna.Tools.KernelChecks;

namespace Puna.Tools;

/// <summary>Opens what <c>puna ptx</c> was given, with sentences for what is wrong with it.</summary>
internal static class PtxFiles
{
    /// <summary>Reads a file; one that is absent or not what it should be is wrong input.</summary>
    /// <param name="path">The file, or what to call it.</param>
    /// <param name="expected">What should be in it.</param>
    /// <param name="read">Reads it.</param>
    public static T Read<T>(string path, string expected, Func<string, T> read)
    {
        if (Directory.Exists(path))
            throw CommandException.BadInput($"{path}: this is a folder, but a file with {expected} was expected. Give the "
                + "file.");
        try
        {
            return read(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            string? file = (e as FileNotFoundException)?.FileName;
            file = file is null || file == Path.GetFullPath(path) ? path : file;
            throw CommandException.BadInput($"{file}: there is no such file, but {expected} was expected. Check the path.", e);
        }
        catch (Exception e) when (e is InvalidDataException or ModelFormatException)
        {
            throw CommandException.BadInput(e.Message, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CommandException.BadInput($"{path}: it cannot be read ({e.Message.TrimEnd('.')}), but {expected} was "
                + "expected.", e);
        }
    }

    /// <summary>The devices that were asked for; a machine without a GPU lacks one.</summary>
    public static CheckDevices Open(CheckOptions options)
    {
        try
        {
            return new CheckDevices(options);
        }
        catch (DeviceException e)
        {
            throw new CommandException(ExitCode.OutOfCapacity, e.Message, e);
        }
    }
}
