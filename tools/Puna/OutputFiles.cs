namespace Puna.Tools;

/// <summary>Checks the files that a command line wants written, before the work that fills them.</summary>
internal static class OutputFiles
{
    /// <summary>Refuses what cannot become a file.</summary>
    public static void Check(string path)
    {
        if (path.Length == 0)
            throw CommandException.BadInput("--output: an empty path was given, but a file to write was expected.");
        if (Directory.Exists(path))
            throw CommandException.BadInput($"{path}: this is a folder, but a file to write was expected. Give a file "
                + "in it.");
        string folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";
        if (!Directory.Exists(folder))
            throw CommandException.BadInput($"{path}: there is no folder {folder}, but a file was to be written "
                + "there. Make the folder first.");
    }
}
