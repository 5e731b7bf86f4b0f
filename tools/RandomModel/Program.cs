using System.Runtime.InteropServices;
using Puna.Kernels;
using Puna.RandomModel;
using Puna.Runtime.Loading;

// Writes a checkpoint of a published shape with seeded random BF16 weights: for measuring speed, which does not depend on
// what a model knows.
if (args.Length is not (2 or 3) || !Shape.Known.TryGetValue(args[0], out Shape? shape)
    || !ulong.TryParse(args.ElementAtOrDefault(2) ?? "1", out ulong seed))
{
    Console.Error.WriteLine($"usage: random-model {string.Join('|', Shape.Known.Keys)} FOLDER [SEED]");
    return 2;
}

string folder = args[1];
Directory.CreateDirectory(folder);
File.WriteAllText(Path.Combine(folder, "config.json"), shape.Config().ToJsonString(new() { WriteIndented = true }));
SafetensorsWriter.Write(Path.Combine(folder, "model.safetensors"),
    [.. shape.Tensors().Select((t, i) => new TensorSource(t.Name, SafetensorsDType.BF16, [.. t.Shape], s => Write(s, t.Shape, seed + (ulong)i)))],
    new Dictionary<string, string> { ["format"] = "pt" });
Console.WriteLine($"{folder}: {shape.Tensors().Sum(t => t.Shape.Aggregate(1L, (a, b) => a * b)):N0} random weights, seed {seed}");
return 0;

static void Write(Stream stream, long[] shape, ulong seed)
{
    // A product keeps the variance of what goes in; a norm's gain is 1.
    ushort[] normal = Normal(shape.Length == 1 ? 0 : 1 / Math.Sqrt(shape[1]), mean: shape.Length == 1 ? 1 : 0);
    ushort[] row = new ushort[shape[^1]];
    ulong state = seed * 0x9E3779B97F4A7C15 + 1;
    for (long r = 0; r < (shape.Length == 1 ? 1 : shape[0]); r++)
    {
        foreach (ref ushort value in row.AsSpan())
        {
            // xorshift64*: Vigna 2016
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            value = normal[(state * 0x2545F4914F6CDD1D) >> 48];
        }

        stream.Write(MemoryMarshal.AsBytes(row.AsSpan()));
    }
}

// 65,536 draws from a normal distribution, rounded to BF16: drawing from them is drawing from it, closely enough.
static ushort[] Normal(double deviation, double mean)
{
    Random random = new(12345);
    ushort[] values = new ushort[1 << 16];
    foreach (ref ushort value in values.AsSpan())
    {
        double z = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        value = DTypes.RoundToBF16((float)(mean + deviation * z));
    }

    return values;
}
