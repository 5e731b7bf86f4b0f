using Puna.Gguf;
using Puna.Runtime.Loading;

// Writes the weights of a model folder as a GGUF file, so that llama.cpp and what is made from it run the same model.
if (args.Length != 3 || !WeightFormat.Known.TryGetValue(args[2], out WeightFormat? format))
{
    Console.Error.WriteLine($"usage: gguf MODEL FILE {string.Join('|', WeightFormat.Known.Keys)}");
    return 2;
}

try
{
    GgufFile file = LlamaGguf.From(ModelFolder.Open(args[0]), format);
    using (FileStream stream = new(args[1], FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20))
        file.Write(stream);
    Console.WriteLine($"{args[1]}: {file.Tensors.Length} tensors, {new FileInfo(args[1]).Length:N0} bytes, {format.Name}");
    return 0;
}
catch (Exception failure) when (failure is ModelFormatException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"gguf: {failure.Message}");
    return 1;
}
