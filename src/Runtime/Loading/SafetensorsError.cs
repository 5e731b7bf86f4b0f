namespace Puna.Runtime.Loading;

/// <summary>
/// The rule that a safetensors file breaks. The first ten are those of the format's reference parser, in the order
/// in which it looks; the others are broken only in <see cref="SafetensorsMode.Strict"/>.
/// </summary>
public enum SafetensorsError
{
    /// <summary>The file has fewer than 8 bytes.</summary>
    HeaderTooSmall,

    /// <summary>The header length is above 100,000,000.</summary>
    HeaderTooLarge,

    /// <summary>The header reaches past the end of the file.</summary>
    InvalidHeaderLength,

    /// <summary>The header is not UTF-8.</summary>
    InvalidHeader,

    /// <summary>The header is not JSON, or not an object of tensor entries.</summary>
    InvalidHeaderDeserialization,

    /// <summary>The tensors leave a hole or share bytes.</summary>
    InvalidOffset,

    /// <summary>The size of a tensor does not fit 64 bits.</summary>
    ValidationOverflow,

    /// <summary>A tensor of a sub-byte type ends inside a byte.</summary>
    MisalignedSlice,

    /// <summary>Shape and dtype give another size than the offsets.</summary>
    TensorInvalidInfo,

    /// <summary>The tensors do not end where the file ends.</summary>
    MetadataIncompleteBuffer,

    /// <summary>White space stands before the header's brace.</summary>
    HeaderStart,

    /// <summary>A name occurs twice.</summary>
    DuplicateKey,

    /// <summary>A dimension is above 2⁴⁸ − 1.</summary>
    DimensionTooLarge,

    /// <summary>A tensor has more than 8 dimensions.</summary>
    RankTooLarge,
}

/// <summary>How closely a safetensors file must follow the format's text.</summary>
public enum SafetensorsMode
{
    /// <summary>As the format's documents say; what could be read in two ways is refused.</summary>
    Strict,

    /// <summary>As the format's reference parser does: of duplicate names the last one wins.</summary>
    Lenient,
}
