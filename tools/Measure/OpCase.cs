using System.Collections.Immutable;
using System.IO.Enumeration;
using Puna.Kernels;

namespace Puna.Tools.Measure;

/// <summary>An op to be measured: a shape and what it reads.</summary>
/// <param name="Spec">The op.</param>
/// <param name="Shape">The shape.</param>
/// <param name="DType">Of the weight, the table or the cache.</param>
internal sealed record OpCase(OpSpec Spec, BenchShape Shape, DType DType)
{
    /// <summary>Every op of every spec.</summary>
    public static ImmutableArray<OpCase> All { get; } =
    [
        .. from spec in OpSpec.All
           from shape in (spec.BenchShapes.IsEmpty ? [new BenchShape("spec", spec.Shapes[^1])] : spec.BenchShapes).Select((s, i) => (Shape: s, Place: i))
           from type in spec.DTypes
           orderby spec.Name.Split('/')[0], shape.Place
           select new OpCase(spec, shape.Shape, type),
    ];

    /// <summary>Names the case, the same on every machine: op, who asks for it, dtype.</summary>
    public string Id => $"{Op}/{Shape.Name}/{Format}";

    /// <summary>The op.</summary>
    public string Op => Spec.Name.Split('/')[0];

    /// <summary>What is read, in a word: weights and activations, or a dtype.</summary>
    public string Format => (Spec.Name.Split('/') is [_, string format] ? format : DType.ToString()).ToLowerInvariant();

    /// <summary>Whether a small model asks for it, or no model in particular.</summary>
    public bool IsSmall => !Shape.Name.StartsWith("3b/", StringComparison.Ordinal) && !Shape.Name.StartsWith("8b/", StringComparison.Ordinal);

    /// <summary>Bytes that a call must read and write at least.</summary>
    public long Bytes => Spec.Bytes(Shape.Shape, DType);

    /// <summary>Additions and multiplications of a call.</summary>
    public long Flops => Spec.Flops(Shape.Shape);

    /// <summary>Largest difference from the reference.</summary>
    public double Tolerance => Spec.Tolerance(Shape.Shape);

    /// <summary>Makes inputs and the call.</summary>
    public OpCall Prepare() => Spec.Prepare(Shape.Shape, DType, new SeededValues(1, SeededFilling.Quick));

    /// <summary>Where the bytes of a call lie: memory, where a model streams them, or the smallest cache that holds them.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="threads">Threads, each with a second-level cache.</param>
    public Bound Home(Machine machine, int threads)
    {
        if (Spec.IsStreaming || Bytes > (machine.L3Bytes ?? 0))
            return Bound.Memory;
        return Bytes > threads * (machine.L2Bytes ?? 0) ? Bound.L3 : Bound.L2;
    }

    /// <summary>Whether a filter chooses it: <c>*</c> stands for any text; words without one are looked for anywhere.</summary>
    public bool Matches(string filter) => FileSystemName.MatchesSimpleExpression(filter.Contains('*') ? filter : $"*{filter}*", Id);
}
