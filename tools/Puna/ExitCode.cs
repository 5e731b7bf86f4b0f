namespace Puna.Tools;

/// <summary>What the command says about how it went, to whoever called it.</summary>
internal enum ExitCode
{
    /// <summary>It did what was asked.</summary>
    Ok = 0,

    /// <summary>It was tried and failed, such as a file that could not be written.</summary>
    Failed = 1,

    /// <summary>Wrong arguments, or a wrong input file.</summary>
    BadInput = 2,

    /// <summary>The model folder is damaged, not supported, or lacks what the verb needs.</summary>
    BadModel = 3,

    /// <summary>Memory or the model's context is too small for what was asked, or there is no GPU for it.</summary>
    OutOfCapacity = 4,

    /// <summary>A mistake of the program itself.</summary>
    Bug = 70,

    /// <summary>Ctrl-C.</summary>
    Cancelled = 130,
}
