namespace Puna.Kernels.Cpu;

/// <summary>Which member of <see cref="IBackend"/> a <see cref="CpuOp"/> calls.</summary>
internal enum CpuOpKind
{
    Embed,
    GatherRows,
    RmsNorm,
    MatMul,
    Rope,
    StoreKv,
    Attend,
    SiluMul,
    Add,
}

/// <summary>A call that is held back: the union of what the ops take.</summary>
internal record struct CpuOp(CpuOpKind Kind)
{
    /// <summary>The activations that are read; the table of <see cref="CpuOpKind.GatherRows"/>.</summary>
    public Tensor X;

    /// <summary>The activations that are written; <c>Add</c> and <c>Rope</c> read them too.</summary>
    public Tensor Y;

    /// <summary>The rest that is read: a norm's weight, ids, row numbers, slots, frequencies.</summary>
    public Tensor Operand;

    /// <summary>Positions of <c>Rope</c>.</summary>
    public Tensor Positions;

    public SequenceTable Sequences;
    public Linear? Weight;
    public Part? Table;
    public KvLayer? Cache;
    public HeadLayout Heads;
    public float Epsilon;

    /// <summary>Whether this reads any of <paramref name="value"/>.</summary>
    public readonly bool Reads(in Tensor value) =>
        Overlap(in X, in value) || (Kind is CpuOpKind.Add or CpuOpKind.Rope && Overlap(in Y, in value));

    /// <summary>Whether this writes all of <paramref name="value"/>.</summary>
    public readonly bool Overwrites(in Tensor value) =>
        Y.Buffer == value.Buffer && Y.Offset <= value.Offset && Y.Offset + Y.Bytes >= value.Offset + value.Bytes;

    /// <summary>Whether two tensors share memory.</summary>
    public static bool Overlap(in Tensor a, in Tensor b) =>
        a.Buffer is not null && a.Buffer == b.Buffer && a.Offset < b.Offset + b.Bytes && b.Offset < a.Offset + a.Bytes;

    /// <summary>Does what was called.</summary>
    public readonly void Execute(CpuBackend ops)
    {
        switch (Kind)
        {
            case CpuOpKind.Embed: ops.Embed(Table!, Operand, Y); break;   // not null: an Embed is recorded with its table
            case CpuOpKind.GatherRows: ops.GatherRows(X, Operand, Y); break;
            case CpuOpKind.RmsNorm: ops.RmsNorm(X, Operand, Epsilon, Y); break;
            case CpuOpKind.MatMul: ops.MatMul(X, Weight!, Y); break;   // nor these: recorded likewise
            case CpuOpKind.Rope: ops.Rope(Y, Heads, Operand, Positions); break;
            case CpuOpKind.StoreKv: ops.StoreKv(X, Heads, Operand, Cache!); break;
            case CpuOpKind.Attend: ops.Attend(X, Heads, Cache!, Sequences, Y); break;
            case CpuOpKind.SiluMul: ops.SiluMul(X, Y); break;
            default: ops.Add(X, Y); break;
        }
    }
}
