using Puna.Runtime;

namespace Puna.Tools;

/// <summary>What a folder may lack that a verb needs.</summary>
internal static class Needs
{
    /// <summary>The model, if it has a tokenizer.</summary>
    public static LanguageModel Tokenizer(LanguageModel model) =>
        model.Tokenizer is not null
            ? model
            : throw new CommandException(ExitCode.BadModel, $"{model.Folder.Path}: the folder holds neither "
                + "tokenizer.json nor tokenizer.model, but text was to be read. "
                + "Add the model's tokenizer, or give the prompt as ids (puna run --ids).");

    /// <summary>The model, if it has a tokenizer and a chat template.</summary>
    public static LanguageModel Template(LanguageModel model) =>
        Tokenizer(model).Template is not null
            ? model
            : throw new CommandException(ExitCode.BadModel, $"{model.Folder.Path}: the folder holds no chat "
                + "template, but a conversation was to be written. "
                + "Use puna run --raw, which goes on from the text itself.");
}
