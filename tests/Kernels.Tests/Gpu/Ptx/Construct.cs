using System.Runtime.InteropServices;
using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Ptx;

namespace Puna.Kernels.Tests.Gpu.Ptx;

/// <summary>One construct of the language in a kernel of one warp that reads lane by lane and writes lane by lane.</summary>
/// <param name="Name">Of the golden file.</param>
/// <param name="Write">Uses the construct.</param>
/// <param name="Expect">What lane n writes, by other means: one value per <see cref="ConstructKernel.Out"/>; null where it is not fixed.</param>
internal sealed record Construct(string Name, Action<ConstructKernel> Write, Func<Lane, object[]>? Expect = null)
{
    /// <summary>Lowest target; it claims all from there on.</summary>
    public GpuArch Lowest { get; init; } = GpuArch.Sm80;

    /// <summary>Relative to the expected value: of approximations.</summary>
    public double Within { get; init; }

    public GpuDim Threads { get; init; } = 32;

    public KernelOptions Options { get; init; } = new();

    public static readonly GpuArch[] AllTargets = [GpuArch.Sm80, GpuArch.Sm86, GpuArch.Sm89, GpuArch.Sm90, GpuArch.Sm90a];

    public IEnumerable<GpuArch> Targets => AllTargets.Where(a => a.Runs(Lowest));

    public GpuKernel Kernel(GpuArch arch) => Build(arch).Kernel;

    /// <summary>The kernel, its parameters in order and the types of its results.</summary>
    public (GpuKernel Kernel, IReadOnlyList<ConstructParameter> Parameters) Build(GpuArch arch)
    {
        ConstructKernel? written = null;
        GpuKernel kernel = PtxBuilder.Kernel(Name, arch, Threads, k =>
        {
            written = new ConstructKernel(k);
            Write(written);
        }, Options);
        return (kernel, written!.Parameters);   // Kernel has run the body
    }
}

/// <summary>A buffer of a construct's kernel: an input with its bytes, perhaps behind a tensor map, or a result.</summary>
internal sealed record ConstructParameter(string Name, int ElementBytes, byte[]? Input, TensorMapLayout? Map = null);

/// <summary>What a construct's kernel reads and writes.</summary>
internal sealed class ConstructKernel(PtxBuilder k)
{
    private readonly Dictionary<int, string> _inputs = [];
    private int _outputs;

    public PtxBuilder K => k;

    public List<ConstructParameter> Parameters { get; } = [];

    /// <summary>This lane's value of input n.</summary>
    public T In<T>(int n) where T : struct, IRegister<T> => Input<T>(n)[k.ThreadX].Named($"in{n}");

    /// <summary>Input n as memory.</summary>
    public Global<T> Input<T>(int n) where T : struct, IElement<T>
    {
        int bytes = T.ElementType.Bytes * T.Width;
        _inputs.Add(n, T.ElementType.Name);
        Parameters.Add(new ConstructParameter($"in{n}", bytes, Lane.Bytes(T.ElementType.Name, n, bytes * 32)));
        return k.PointerParam<T>($"in{n}");
    }

    /// <summary>Input n, 512 bytes, behind a tensor map.</summary>
    public TensorMapParameter<T> Map<T>(int n, TensorMapLayout map) where T : struct, IRegister<T>
    {
        Parameters.Add(new ConstructParameter($"in{n}", 0, Lane.Bytes(T.ElementType.Name, n, 512), map));
        return k.TensorMapParam<T>($"in{n}", map.Box.AsSpan(), map.Swizzle);
    }

    /// <summary>Writes this lane's result.</summary>
    public void Out<T>(T value) where T : struct, IElement<T> => Output<T>()[k.ThreadX] = value;

    /// <summary>Writes 1 or 0.</summary>
    public void Out(Pred value) => Out(k.Select<U32>(value, 1, 0));

    /// <summary>A result as memory; every lane's element must be written.</summary>
    public Global<T> Output<T>() where T : struct, IElement<T>
    {
        string name = $"out{_outputs++}";
        Parameters.Add(new ConstructParameter(name, T.ElementType.Bytes * T.Width, null));
        return k.PointerParam<T>(name);
    }
}

/// <summary>The inputs of one lane, as C# sees them.</summary>
internal readonly record struct Lane(int Index)
{
    public float F32(int n) => Value<float>("F32", n);

    public double F64(int n) => Value<double>("F64", n);

    public uint U32(int n) => Value<uint>("U32", n);

    public int I32(int n) => Value<int>("I32", n);

    public ulong U64(int n) => Value<ulong>("U64", n);

    public long I64(int n) => Value<long>("I64", n);

    public ushort U16(int n) => Value<ushort>("U16", n);

    public short I16(int n) => Value<short>("I16", n);

    public byte U8(int n) => Value<byte>("U8", n);

    public sbyte I8(int n) => Value<sbyte>("I8", n);

    public Half F16(int n) => Value<Half>("F16", n);

    public float BF16(int n) => Wide(Value<ushort>("BF16", n));

    public (Half Low, Half High) F16x2(int n) => (Value<Half>("F16x2", n, 2), Value<Half>("F16x2", n, 2, 1));

    public (float Low, float High) BF16x2(int n) => (Wide(Value<ushort>("BF16x2", n, 2)), Wide(Value<ushort>("BF16x2", n, 2, 1)));

    public uint Word(string type, int n) => Value<uint>(type, n);

    public static float Wide(ushort upper) => BitConverter.UInt32BitsToSingle((uint)upper << 16);

    private T Value<T>(string type, int n, int step = 1, int offset = 0) where T : unmanaged =>
        MemoryMarshal.Cast<byte, T>(Bytes(type, n, 32 * 8 * step))[Index * step + offset];

    /// <summary>Seeded values that a type's instructions like to meet: a few special ones, then small and large.</summary>
    public static byte[] Bytes(string type, int n, int count)
    {
        Random random = new(1000 + n);
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i += 8)
        {
            // floats of moderate size: random bits would be huge or tiny
            float[] pair = [Moderate(random), Moderate(random), Moderate(random), Moderate(random)];
            Span<byte> eight = bytes.AsSpan(i, Math.Min(8, count - i));
            byte[] from = type switch
            {
                "F32" => [.. BitConverter.GetBytes(pair[0]), .. BitConverter.GetBytes(pair[1])],
                "F64" => BitConverter.GetBytes((double)pair[0] * pair[1]),
                "F16" or "F16x2" => [.. pair.SelectMany(p => BitConverter.GetBytes((Half)p))],
                "BF16" or "BF16x2" => [.. pair.SelectMany(p => BitConverter.GetBytes((ushort)(BitConverter.SingleToUInt32Bits(p) >> 16)))],
                _ => Random(random),
            };
            from.AsSpan(0, eight.Length).CopyTo(eight);
        }

        return bytes;
    }

    private static float Moderate(Random random) => (float)((random.NextDouble() - 0.5) * Math.Pow(2, random.Next(0, 6)));

    private static byte[] Random(Random random)
    {
        byte[] bytes = new byte[8];
        random.NextBytes(bytes);
        return bytes;
    }
}
