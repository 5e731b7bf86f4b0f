using System.Collections.Immutable;

namespace Puna.Runtime.Loading.Families;

/// <summary>The families that can be loaded: a new one is a file and a line here.</summary>
public static class FamilyTable
{
    /// <summary>Every family.</summary>
    public static ImmutableArray<Family> All { get; } = [Llama.Family, Mistral.Family, Qwen2.Family];

    /// <summary>The family with this name in <c>architectures</c>, or null.</summary>
    public static Family? Find(string architecture) => All.FirstOrDefault(f => f.Architecture == architecture);
}
