namespace Puna.Tokenizer.Bpe;

/// <summary>Encoders that no thread uses at the moment; as many are made as threads encode at the same time.</summary>
/// <param name="model">What they share.</param>
internal sealed class EncoderPool(BpeModel model)
{
    private readonly Lock _lock = new();
    private readonly Stack<PieceEncoder> _idle = new();

    /// <summary>Takes an encoder, which the caller owns until it gives it back.</summary>
    public PieceEncoder Rent()
    {
        lock (_lock)
        {
            if (_idle.TryPop(out PieceEncoder? encoder))
                return encoder;
        }

        return new(model);
    }

    /// <summary>Gives an encoder back.</summary>
    public void Return(PieceEncoder encoder)
    {
        lock (_lock)
            _idle.Push(encoder);
    }
}
