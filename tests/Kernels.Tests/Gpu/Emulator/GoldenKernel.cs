using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text.Json;
using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Emulator;
using Puna.Kernels.Gpu.Emulator.Memory;
using Puna.TestKit;

namespace Puna.Kernels.Tests.Gpu.Emulator;

/// <summary>A kernel of <c>goldens/ptx</c>, or of a folder like it, with its inputs and expected outputs, run by the engine itself.</summary>
internal sealed class GoldenKernel
{
    private readonly JsonElement _launch;
    private readonly Dictionary<string, (string Type, byte[] Bytes)> _tensors;

    private GoldenKernel(string folder, JsonElement launch)
    {
        _launch = launch;
        Name = launch.GetProperty("name").GetString()!; // the manifest names every kernel
        Text = File.ReadAllText(Path.Combine(folder, $"{Name}.ptx"));
        _tensors = ReadTensors(Path.Combine(folder, $"{Name}.safetensors"));
    }

    public string Name { get; }

    public string Text { get; }

    public string Entry => _launch.GetProperty("entry").GetString()!; // as above

    public static IEnumerable<string> Names() => Names(Path.Combine(Goldens.Repository, "..", "shared", "goldens", "ptx"));

    /// <summary>Names in a folder's manifest; none where there is no folder.</summary>
    public static IEnumerable<string> Names(string folder)
    {
        string file = Path.Combine(folder, "kernels.json");
        if (!File.Exists(file))
            return [];
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(file));
        return [.. json.RootElement.GetProperty("kernels").EnumerateArray().Select(k => k.GetProperty("name").GetString()!)]; // as above
    }

    public static GoldenKernel Read(string name) => Read(Goldens.Shared("goldens/ptx"), name);

    public static GoldenKernel Read(string folder, string name)
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "kernels.json")));
        return new GoldenKernel(folder, json.RootElement.GetProperty("kernels").EnumerateArray().First(k => k.GetProperty("name").GetString() == name).Clone());
    }

    /// <summary>Runs it and says what is wrong with the outputs: nothing where all is well.</summary>
    public (LaunchReport Report, ImmutableArray<string> Wrong) Run(EmulatorOptions options)
    {
        using EmulatedMemory memory = new();
        PtxEmulator emulator = new(memory, options with { Arch = GpuArch.Parse(_launch.GetProperty("arch").GetString()!) }); // as above
        LoadedProgram loaded = emulator.Load(Text, _launch.GetProperty("entry").GetString()!); // as above
        Dictionary<string, ulong> buffers = [];
        ReadOnlyMemory<byte>[] arguments = [.. _launch.GetProperty("parameters").EnumerateArray().Select(p => Argument(memory, p, buffers))];
        LaunchReport report = emulator.Launch(
            loaded, Extent("grid"), Extent("block"), arguments, _launch.GetProperty("dynamic_shared_bytes").GetInt32());
        return (report, [.. _launch.GetProperty("outputs").EnumerateArray().SelectMany(o => Compare(memory, o, buffers))]);
    }

    private GpuDim Extent(string name)
    {
        int[] d = [.. _launch.GetProperty(name).EnumerateArray().Select(e => e.GetInt32())];
        return new GpuDim(d[0], d[1], d[2]);
    }

    private ReadOnlyMemory<byte> Argument(EmulatedMemory memory, JsonElement p, Dictionary<string, ulong> buffers)
    {
        switch (p.GetProperty("kind").GetString())
        {
            case "buffer":
                string name = p.GetProperty("tensor").GetString()!; // as above
                if (!buffers.TryGetValue(name, out ulong address))
                {
                    byte[] bytes = _tensors[name].Bytes;
                    address = memory.Allocate(bytes.Length, name: name).Address;
                    memory.Write(address, bytes);
                    buffers.Add(name, address);
                }

                return BitConverter.GetBytes(address);
            case "f32":
                return BitConverter.GetBytes(p.GetProperty("value").GetSingle());
            case "u32":
                return BitConverter.GetBytes(p.GetProperty("value").GetUInt32());
            case "i32" or "s32":
                return BitConverter.GetBytes(p.GetProperty("value").GetInt32());
            case "null":
                return new byte[8];
            case string kind:
                throw new InvalidDataException($"parameter kind {kind}");
            default:
                throw new InvalidDataException("parameter without kind");
        }
    }

    private IEnumerable<string> Compare(EmulatedMemory memory, JsonElement output, Dictionary<string, ulong> buffers)
    {
        string buffer = output.GetProperty("buffer").GetString()!, expected = output.GetProperty("expected").GetString()!; // as above
        double absolute = output.GetProperty("absolute").GetDouble(), relative = output.GetProperty("relative").GetDouble();
        (string type, byte[] want) = _tensors[expected];
        byte[] got = new byte[want.Length];
        (long undefined, long first) = memory.Read(buffers[buffer], got);
        if (undefined > 0)
            yield return $"{buffer}: {undefined} undefined bytes from {first} on";
        int size = Size(type), wrong = 0;
        for (int i = 0; i < want.Length / size; i++)
        {
            double g = Value(type, got.AsSpan(i * size, size)), w = Value(type, want.AsSpan(i * size, size));
            bool close = g.Equals(w) || Math.Abs(g - w) <= absolute + (relative * Math.Abs(w));
            if (!close && wrong++ < 3)
                yield return $"{buffer}[{i}] is {g:R}, expected {w:R} within {absolute} + {relative} of it";
        }

        if (wrong > 3)
            yield return $"{buffer}: {wrong} wrong elements";
    }

    private static int Size(string type) => type switch
    {
        "F64" or "I64" or "U64" => 8,
        "F32" or "I32" or "U32" => 4,
        "F16" or "BF16" or "I16" or "U16" => 2,
        _ => 1,
    };

    private static double Value(string type, ReadOnlySpan<byte> b) => type switch
    {
        "F64" => BitConverter.ToDouble(b),
        "F32" => BitConverter.ToSingle(b),
        "F16" => (double)BitConverter.ToHalf(b),
        "BF16" => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(b) << 16),
        "I64" => BitConverter.ToInt64(b),
        "U64" => BitConverter.ToUInt64(b),
        "I32" => BitConverter.ToInt32(b),
        "U32" => BitConverter.ToUInt32(b),
        "I16" => BitConverter.ToInt16(b),
        "U16" => BitConverter.ToUInt16(b),
        "I8" => (sbyte)b[0],
        "U8" or "BOOL" or "F8_E4M3" or "F8_E5M2" => b[0],
        _ => throw new InvalidDataException(type),
    };

    private static Dictionary<string, (string, byte[])> ReadTensors(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        int header = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        using JsonDocument json = JsonDocument.Parse(file.AsMemory(8, header));
        Dictionary<string, (string, byte[])> tensors = [];
        foreach (JsonProperty t in json.RootElement.EnumerateObject().Where(t => t.Name != "__metadata__"))
        {
            JsonElement at = t.Value.GetProperty("data_offsets");
            tensors.Add(t.Name, (t.Value.GetProperty("dtype").GetString()!, file[(8 + header + at[0].GetInt32())..(8 + header + at[1].GetInt32())])); // as above
        }

        return tensors;
    }
}
