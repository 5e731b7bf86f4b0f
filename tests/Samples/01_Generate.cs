using Puna.Runtime;

namespace Puna.Samples.Tests;

/// <summary>Sample 1: a question, and the whole answer.</summary>
public class GenerateText
{
    [Fact]
    public void A_question_is_answered()
    {
        using LanguageModel model = LanguageModel.Load(Model.Folder);

        Answer answer = model.Generate(model.Request(model.EncodeChat([new("user", "What is the capital of France?")])));

        Assert.Equal("The capital of France is Paris.", answer.Text);
    }
}
