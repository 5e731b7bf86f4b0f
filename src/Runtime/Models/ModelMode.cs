using Puna.Kernels;

namespace Puna.Runtime.Models;

/// <summary>In what a model's numbers are kept and met while it runs.</summary>
/// <param name="Weights">What products' weights are converted to when they are loaded; null for none: as they are stored.</param>
/// <param name="Activations">How products read activations; weights in F32 or F16 are met by F32 whatever this says.</param>
/// <param name="CacheType">Dtype of cached keys and values.</param>
public sealed record ModelMode(DType? Weights, ActivationType Activations, DType CacheType)
{
    /// <summary>Nothing is rounded that the file does not round: weights as stored, activations and cache in F32.</summary>
    public static ModelMode Exact { get; } = new(Weights: null, ActivationType.F32, DType.F32);

    /// <summary>The format of a product's weight.</summary>
    /// <param name="stored">What the file holds it in.</param>
    public PartFormat FormatOf(DType stored)
    {
        DType type = Weights ?? stored;
        int scales = type switch
        {
            DType.I8 => Segments.Count,   // a scale for a row and segment: its sums are scaled one by one anyway
            DType.F8E4M3 => 1,
            _ => 0,
        };
        return new PartFormat(type, type is DType.F32 or DType.F16 ? ActivationType.F32 : Activations, scales);
    }
}
