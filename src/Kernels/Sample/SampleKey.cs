namespace Puna.Kernels;

/// <summary>
/// Names one draw. Equal keys draw equal numbers, whatever else runs: there is no state, request id or clock.
/// </summary>
/// <param name="Seed">Of the request.</param>
/// <param name="ChoiceIndex">Which of the request's answers.</param>
/// <param name="Position">Absolute position in its sequence of the token that is drawn.</param>
public readonly record struct SampleKey(long Seed, int ChoiceIndex, int Position)
{
    /// <summary>
    /// 64 random bits: the first two words, low word first, of <see cref="Philox"/> with the seed's low and high half
    /// as key and (position, choice index, 0, 0) as counter. As a number in [0, 1) it is these bits / 2⁶⁴.
    /// </summary>
    public ulong Random()
    {
        (uint a, uint b, _, _) = Philox.Block(
            ((uint)Position, (uint)ChoiceIndex, 0, 0), ((uint)Seed, (uint)(Seed >> 32)));
        return ((ulong)b << 32) | a;
    }
}
