namespace Puna.Kernels;

/// <summary>
/// Philox4x32-10, a generator without state: random words are a function of a counter and a key. Salmon, Moraes, Dror
/// and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011, section 4.3.
/// </summary>
public static class Philox
{
    /// <summary>Four random words.</summary>
    /// <param name="counter">Which block.</param>
    /// <param name="key">Which stream.</param>
    public static (uint A, uint B, uint C, uint D) Block((uint A, uint B, uint C, uint D) counter, (uint A, uint B) key)
    {
        for (int round = 0; round < 10; round++)
        {
            ulong first = 0xD2511F53UL * counter.A, second = 0xCD9E8D57UL * counter.C;
            counter = ((uint)(second >> 32) ^ counter.B ^ key.A, (uint)second,
                (uint)(first >> 32) ^ counter.D ^ key.B, (uint)first);
            key = (key.A + 0x9E3779B9, key.B + 0xBB67AE85);
        }

        return counter;
    }
}
