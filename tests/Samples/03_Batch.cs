using System.Collections.Immutable;
using Puna.Runtime;
using Puna.Runtime.Scheduling;

namespace Puna.Samples.Tests;

/// <summary>Sample 3: several questions in one batch; each answer is, bit for bit, the one it would be alone.</summary>
public class BatchOfQuestions
{
    [Fact]
    public void Several_questions_are_answered_at_once()
    {
        using LanguageModel model = LanguageModel.Load(Model.Folder);
        string[] questions = ["What is the capital of Italy?", "What is the symbol of oxygen?", "What is the opposite of hot?"];
        GenerationRequest[] requests = [.. questions.Select(q => model.Request(model.EncodeChat([new("user", q)])))];

        ImmutableArray<Answer> answers = model.GenerateAll(requests);

        Assert.Equal(
            ["The capital of Italy is Rome.", "The symbol of oxygen is O.", "The opposite of hot is cold."],
            answers.Select(a => a.Text));
        Assert.Equal(model.Generate(requests[1]).Ids, answers[1].Ids);
    }
}
