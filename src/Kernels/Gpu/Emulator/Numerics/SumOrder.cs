namespace Puna.Kernels.Gpu.Emulator.Numerics;

/// <summary>
/// In what order one matrix instruction adds its products and the accumulator. The ISA leaves it open. Hardware adds groups
/// of products to the accumulator after aligning them all to the largest exponent, and drops what falls below (how many
/// bits depends on chip and type): that loss is not modelled, each sum here is rounded to nearest F32. The order is
/// modelled: by default the accumulator, then k from 0 on.
/// </summary>
/// <param name="Seed">What it was shuffled by; 0 for the default order.</param>
/// <param name="Order">A permutation of k.</param>
/// <param name="AccumulatorAt">How many products are added before the accumulator joins them.</param>
internal sealed record SumOrder(int Seed, int[] Order, int AccumulatorAt)
{
    /// <summary>The accumulator, then k from 0 on.</summary>
    public static SumOrder Ascending(int k) => new(0, [.. Enumerable.Range(0, k)], 0);

    /// <summary>An order that depends on opcode with shape, and seed, alone: the same in every warp and at every place.</summary>
    public static SumOrder Shuffled(string opcode, int k, int seed)
    {
        uint hash = 2166136261;   // FNV-1a
        foreach (char c in opcode)
            hash = (hash ^ c) * 16777619;
        Random random = new((int)(hash ^ (uint)seed * 0x9E3779B9));
        int[] order = [.. Enumerable.Range(0, k)];
        random.Shuffle(order);
        return new SumOrder(seed, order, random.Next(k + 1));
    }
}
