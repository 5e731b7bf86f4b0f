namespace Puna.Tokenizer.Templates.Values;

/// <summary>Python's <c>sorted</c>: stable, by keys that must have an order.</summary>
internal static class Sorting
{
    public static T[] Sort<T>(RenderState state, IReadOnlyList<T> items, Func<T, IValue> key, bool descending = false)
    {
        IValue[] keys = [.. items.Select(key)];
        int[] order = [.. Enumerable.Range(0, keys.Length)];
        Merge(order, new int[order.Length], (a, b) =>
            // descending order keeps equal items in place as well
            (Equality.Compare(state, keys[a], keys[b], "sorting") ?? 0) * (descending ? -1 : 1));
        return [.. order.Select(i => items[i])];
    }

    // a merge sort of our own: the framework's wraps what a comparison throws, and is unsure of orders with NaN
    private static void Merge(Span<int> order, Span<int> spare, Func<int, int, int> compare)
    {
        if (order.Length < 2)
            return;
        int middle = order.Length / 2;
        Merge(order[..middle], spare[..middle], compare);
        Merge(order[middle..], spare[middle..], compare);
        order.CopyTo(spare);
        for (int i = 0, left = 0, right = middle; i < order.Length; i++)
        {
            bool takeLeft = right == order.Length || left < middle && compare(spare[left], spare[right]) <= 0;
            order[i] = takeLeft ? spare[left++] : spare[right++];
        }
    }
}
