namespace Puna.Kernels;

/// <summary>
/// The residual connection and the norm behind it, fused: rounds exactly where <see cref="Add"/> and
/// <see cref="RmsNorm"/> would.
/// </summary>
public static partial class AddRmsNorm
{
    /// <summary>The definition: y += x, stored in F32; then normed = y / √(mean(y²) + epsilon) · weight.</summary>
    /// <param name="x">F32 <c>[rows, cols]</c>.</param>
    /// <param name="y">F32 <c>[rows, cols]</c>; the residual stream, read and written.</param>
    /// <param name="weight">F32 <c>[1, cols]</c>.</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <param name="normed">F32 <c>[rows, cols]</c>; may be <paramref name="x"/>.</param>
    /// <exception cref="ArgumentException">Shapes disagree.</exception>
    public static void Reference(Tensor x, Tensor y, Tensor weight, float epsilon, Tensor normed)
    {
        Add.Reference(x, y);
        RmsNorm.Reference(y, weight, epsilon, normed);
    }
}
