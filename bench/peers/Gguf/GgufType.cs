namespace Puna.Gguf;

/// <summary>Element types of GGUF tensors by their numbers in the file (<c>enum ggml_type</c>).</summary>
internal enum GgufType : uint
{
    /// <summary>IEEE 754 binary32.</summary>
    F32 = 0,

    /// <summary>Blocks of 32 codes of 8 bits with an F16 scale.</summary>
    Q8Blocks = 8,

    /// <summary>The upper half of a binary32.</summary>
    BF16 = 30,
}
