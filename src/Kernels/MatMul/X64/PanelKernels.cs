using Puna.Kernels.Cpu;

namespace Puna.Kernels;

/// <summary>The panel kernels of a machine, by the format of a part.</summary>
internal sealed class PanelKernels : IDisposable
{
    private readonly Dictionary<(DType, ActivationType), PanelKernel> _kernels = [];

    /// <summary>Chooses a kernel for each format; none is assembled yet.</summary>
    /// <param name="features">What the processor offers.</param>
    public PanelKernels(X64Features features)
    {
        if (!features.Avx512)
            return;
        Add(DType.F32, ActivationType.F32, new F32Step(ActivationCode.F32));
        Add(DType.F32, ActivationType.BF16, new F32Step(ActivationCode.RoundedF32));
        Add(DType.F16, ActivationType.F32, new F16Step(ActivationCode.F32));
        Add(DType.F16, ActivationType.BF16, new F16Step(ActivationCode.RoundedF32));
        Add(DType.BF16, ActivationType.F32, new BF16WideStep(ActivationCode.F32));
        Add(DType.BF16, ActivationType.BF16, features.BF16 ? new BF16Step() : new BF16WideStep(ActivationCode.RoundedF32));
        Add(DType.I8, ActivationType.F32, new I8WideStep(ActivationCode.F32));
        Add(DType.I8, ActivationType.BF16, new I8WideStep(features.BF16 ? ActivationCode.BF16 : ActivationCode.RoundedF32));
        if (features.Vnni)
            Add(DType.I8, ActivationType.I8, new I8Step());
        if (!features.Vbmi)
            return;
        Add(DType.F8E4M3, ActivationType.F32, new F8E4M3Step(ActivationCode.F32));
        Add(DType.F8E4M3, ActivationType.BF16, new F8E4M3Step(features.BF16 ? ActivationCode.BF16 : ActivationCode.RoundedF32));
    }

    /// <summary>The kernel of a format, or null when there is none: its parts then lie in rows.</summary>
    public PanelKernel? Find(PartFormat format)
    {
        bool areCodes = format.DType is DType.I8 or DType.F8E4M3;
        return areCodes == format.ScaleGroups > 0 ? _kernels.GetValueOrDefault((format.DType, format.Activations)) : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PanelKernel kernel in _kernels.Values)
            kernel.Dispose();
    }

    private void Add(DType weights, ActivationType activations, IPanelStep step) => _kernels.Add((weights, activations), new PanelKernel(step));
}

/// <summary>The kernels of one format, for tiles of 1 to 12 rows; each is assembled when it is first asked for.</summary>
/// <param name="step">How a step of a panel becomes multiply-adds.</param>
internal sealed class PanelKernel(IPanelStep step) : IDisposable
{
    private readonly ExecutableMemory?[] _code = new ExecutableMemory?[PanelRegisters.MostRows + 1];
    private readonly Lock _turn = new();
    private int _isAnticipated;
    private bool _isDisposed;

    /// <summary>How it wants its activations.</summary>
    public ActivationPacking PackingOf(PartFormat format) =>
        step.Packing with { ScaleGroups = step.Packing.Code == ActivationCode.I8 ? format.ScaleGroups : 0 };

    /// <summary>
    /// Assembles the kernel for one row on another thread, once: the assembler takes some 35 ms to get going, which a model
    /// that is being loaded need not wait for.
    /// </summary>
    public void Anticipate()
    {
        if (Interlocked.Exchange(ref _isAnticipated, 1) == 0)
            _ = Task.Run(() => Address(1));   // who needs it hears of a failure
    }

    /// <summary>A function that takes a pointer to <see cref="PanelArguments"/>.</summary>
    /// <param name="rows">Rows of a tile, 1 to 12.</param>
    /// <exception cref="ObjectDisposedException">The kernels are gone.</exception>
    public nint Address(int rows)
    {
        lock (_turn)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return (_code[rows] ??= Assemble(rows)).Address;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_turn)
        {
            _isDisposed = true;
            foreach (ExecutableMemory? code in _code)
                code?.Dispose();
        }
    }

    private ExecutableMemory Assemble(int rows) => new(PanelKernelWriter.Write(step, rows, PanelKernelWriter.Native));
}
