using Puna.Kernels.Gpu.Layouts;
using Puna.Kernels.Gpu.Ptx;

namespace Puna.Kernels;

/// <summary>All that <see cref="SmallProduct"/> must know about a kind of weights.</summary>
/// <typeparam name="T">Registers of the tensor cores' factors.</typeparam>
/// <typeparam name="TSum">Of their sums.</typeparam>
/// <param name="Name">In the kernel's name: weights and activations.</param>
/// <param name="Packing">Order of a tile's 512 bytes.</param>
/// <param name="ElementBytes">Bytes of an activation as the tensor cores take it.</param>
/// <param name="Unpack">A lane's 16 bytes as left factors, along K.</param>
/// <param name="Activations">Two words as a right factor.</param>
/// <param name="Add">Of sums.</param>
/// <param name="Finish">A sum as a result, given the weight row's scale and the activation row's.</param>
/// <param name="ScalesActivations">Whether each row of activations has a scale.</param>
internal sealed record WeightFormat<T, TSum>(
    string Name,
    WeightPacking Packing,
    int ElementBytes,
    Func<V4<U32>, FragmentA<T>[]> Unpack,
    Func<U32, U32, FragmentB<T>> Activations,
    Func<TSum, TSum, TSum> Add,
    Func<TSum, F32, F32, F32> Finish,
    bool ScalesActivations)
    where T : struct, IRegister<T>
    where TSum : struct, IRegister<TSum>;
