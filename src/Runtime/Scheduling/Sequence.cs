using Puna.Runtime.Sampling;

namespace Puna.Runtime.Scheduling;

/// <summary>One request on its way: its tokens so far, what of them is in the cache, and where.</summary>
public sealed class Sequence
{
    private readonly int[] _ids;   // the prompt, then room for every token that may be generated

    internal Sequence(GenerationRequest request, Sampler sampler, int blockCount)
    {
        Request = request;
        Sampler = sampler;
        Blocks = new int[blockCount];
        _ids = new int[request.PromptIds.Length + request.MaxTokens];
        request.PromptIds.CopyTo(_ids);
        TokenCount = request.PromptIds.Length;
    }

    /// <summary>What was asked.</summary>
    public GenerationRequest Request { get; }

    /// <summary>Tokens so far, prompt and answer.</summary>
    public int TokenCount { get; private set; }

    /// <summary>Tokens whose keys and values are in the cache.</summary>
    public int CachedCount { get; internal set; }

    /// <summary>Prompt and answer so far.</summary>
    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, TokenCount);

    /// <summary>The answer so far.</summary>
    public ReadOnlySpan<int> AnswerIds => Ids[Request.PromptIds.Length..];

    /// <summary>Why it ended; null while it runs.</summary>
    public FinishReason? FinishReason { get; internal set; }

    /// <summary>Its cache blocks, taken when it starts to run.</summary>
    internal int[] Blocks { get; }

    internal Sampler Sampler { get; }

    /// <summary>Everything but the token sampled last is cached: the next step generates.</summary>
    internal bool IsGenerating => CachedCount == TokenCount - 1 && CachedCount >= Request.PromptIds.Length;

    internal void Append(int id)
    {
        _ids[TokenCount++] = id;
        if (Request.StopIds.Contains(id))
            FinishReason = Sampling.FinishReason.Stop;
        else if (TokenCount == _ids.Length)
            FinishReason = Sampling.FinishReason.Length;
    }
}
