using System.Runtime.InteropServices;
using Puna.Kernels;

namespace Puna.Runtime.Sampling;

/// <summary>
/// The different tokens of a sequence, and how often each was sampled; their number, not the vocabulary's, is its size.
/// </summary>
/// <param name="capacity">How many different tokens it holds without allocating.</param>
internal sealed class TokenHistory(int capacity)
{
    private readonly List<PreviousToken> _tokens = new(capacity);
    private readonly Dictionary<int, int> _places = new(capacity);

    /// <summary>Each token once, in the order in which they came.</summary>
    public ReadOnlySpan<PreviousToken> Tokens => CollectionsMarshal.AsSpan(_tokens);

    /// <summary>Adds a token of the prompt (0) or of the answer (1).</summary>
    public void Add(int id, int sampledCount)
    {
        if (!_places.TryGetValue(id, out int place))
        {
            _places.Add(id, _tokens.Count);
            _tokens.Add(new PreviousToken(id, sampledCount));
            return;
        }

        ref PreviousToken token = ref CollectionsMarshal.AsSpan(_tokens)[place];
        token = token with { SampledCount = token.SampledCount + sampledCount };
    }
}
