using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Puna.Tokenizer.Bpe;

/// <summary>Writes the bytes of tokens one after the other.</summary>
/// <param name="vocabulary">Every token's bytes.</param>
/// <param name="isSpecial">Of each id, whether it is a special token's.</param>
internal sealed class Detokenizer(Vocabulary vocabulary, bool[] isSpecial)
{
    /// <summary>How many bytes the tokens have.</summary>
    /// <param name="ids">The ids.</param>
    /// <param name="special">Whether special tokens count.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id is outside the vocabulary.</exception>
    public int ByteCount(ReadOnlySpan<int> ids, SpecialTokenRendering special)
    {
        ReadOnlySpan<int> offsets = vocabulary.Offsets;
        long count = 0;
        foreach (int id in ids)
        {
            if ((uint)id >= (uint)isSpecial.Length)
                throw OutsideVocabulary(id, isSpecial.Length);
            if (special == SpecialTokenRendering.Keep || !isSpecial[id])
                count += offsets[id + 1] - offsets[id];
        }

        return checked((int)count);
    }

    /// <summary>Writes the bytes of the tokens.</summary>
    /// <param name="ids">Ids that <see cref="ByteCount"/> has accepted.</param>
    /// <param name="special">Whether special tokens are written by name or left out.</param>
    /// <param name="output">Room for the bytes that <see cref="ByteCount"/> counts; what follows may change.</param>
    /// <returns>How many bytes were written.</returns>
    public int Write(ReadOnlySpan<int> ids, SpecialTokenRendering special, Span<byte> output)
    {
        ReadOnlySpan<int> offsets = vocabulary.Offsets;
        ref byte blob = ref MemoryMarshal.GetReference(vocabulary.Blob);
        int at = 0;
        foreach (int id in ids)
        {
            if (special == SpecialTokenRendering.Skip && isSpecial[id])
                continue;
            int start = offsets[id], length = offsets[id + 1] - start;
            Span<byte> rest = output[at..];

            // The blob has 16 bytes to spare, so a short token is one load and one store.
            if (length <= 16 && rest.Length >= 16)
                Vector128.LoadUnsafe(ref blob, (nuint)start).CopyTo(rest);
            else
                vocabulary.Bytes(id).CopyTo(rest);
            at += length;
        }

        return at;
    }

    /// <summary>The error of an id that no token has.</summary>
    public static ArgumentOutOfRangeException OutsideVocabulary(int id, int count) =>
        new(nameof(id), $"id {id} is outside the vocabulary, whose {count} ids are 0 to {count - 1}.");
}
