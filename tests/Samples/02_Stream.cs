using Puna.Runtime;
using Puna.Runtime.Sampling;
using Puna.Runtime.Scheduling;

namespace Puna.Samples.Tests;

/// <summary>Sample 2: text as it comes, drawn at a temperature with a seed, and stopped at a text.</summary>
public class StreamText
{
    [Fact]
    public void A_story_streams_until_its_first_full_stop()
    {
        using LanguageModel model = LanguageModel.Load(Model.Folder);
        GenerationRequest request = model.Request(model.EncodeChat([new("user", "Tell me a short story.")])) with
        {
            Sampling = new SamplingOptions { Temperature = 0.8, TopP = 0.95, Seed = 7 },
            StopTexts = ["."],
        };

        List<string> pieces = [];
        foreach (AnswerPiece piece in model.Stream(request))
            pieces.Add(piece.Text);   // print it here: it is complete text, never half a character

        Assert.True(pieces.Count > 3);
        Assert.DoesNotContain(".", string.Concat(pieces), StringComparison.Ordinal);
        Assert.Equal(pieces, model.Stream(request).Select(p => p.Text));   // the seed decides
    }
}
