using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace Puna.Kernels.Tests.Gpu.Cuda;

internal sealed unsafe partial class FakeDriver
{
    /// <summary>Images in the order in which they came: the exact bytes of texts, their final zero included.</summary>
    public List<byte[]> Images { get; } = [];

    /// <summary>Whether cuLinkAddData refuses every text.</summary>
    public bool CannotLink { get; set; }

    /// <summary>Function attributes that were set: (entry, attribute, value).</summary>
    public List<(string Entry, int Attribute, int Value)> AttributesSet { get; } = [];

    private sealed class Module(string text) : Held("module")
    {
        public string Text => text;

        // a function lives as long as its module
        public Dictionary<nint, Function> Functions { get; } = [];
    }

    private sealed record Function(string Entry, int[] ParameterBytes);

    private sealed class Link : Held
    {
        public Link() : base("link")
        {
        }

        public string? Text { get; set; }

        public byte[]? Cubin { get; set; }

        public GCHandle Pin { get; set; }

        public nint InfoLog { get; init; }
    }

    [UnmanagedCallersOnly]
    private static int ModuleLoadDataEx(nint* module, byte* image, uint count, int* options, void** values) => Call("cuModuleLoadDataEx", d =>
    {
        (nint info, nint error) = Logs(count, options, values);
        d.CheckNotCapturing("cuModuleLoadDataEx");
        byte[] bytes = ReadImage(image);
        d.Images.Add(bytes);
        string text = TextOf(bytes);
        if (!text.Contains(".entry", StringComparison.Ordinal))
        {
            Write(error, "ptxas application ptx input, line 1; fatal : Parsing error near 'nonsense': syntax error");
            return 218;
        }

        Write(info, "ptxas info : Used 10 registers, 0 bytes spill stores");
        *module = d.Give(new Module(text));
        return 0;
    });

    [UnmanagedCallersOnly]
    private static int ModuleUnload(nint module) => Call("cuModuleUnload", d =>
    {
        d.CheckNotCapturing("cuModuleUnload");
        d.Take<Module>(module);
        return 0;
    });

    [UnmanagedCallersOnly]
    private static int ModuleGetFunction(nint* function, nint module, byte* name) => Call("cuModuleGetFunction", d =>
    {
        string entry = Marshal.PtrToStringUTF8((nint)name)!;
        Module owner = d.Find<Module>(module);
        Match match = Regex.Match(owner.Text, $@"\.entry\s+{Regex.Escape(entry)}\s*(\((?<p>[^)]*)\))?");
        if (!match.Success)
            return 500;
        *function = d._lastHandle += 16;
        owner.Functions.Add(*function, new Function(entry, ParameterSizes(match.Groups["p"].Value)));
        return 0;
    });

    [UnmanagedCallersOnly]
    private static int FuncGetAttribute(int* value, int attribute, nint function) => Call("cuFuncGetAttribute", d =>
    {
        d.FindFunction(function);
        return Set(value, attribute switch { 1 => 512, 3 => 0, 4 => 10, _ => throw new Refusal(InvalidValue, $"attribute {attribute}") });
    });

    [UnmanagedCallersOnly]
    private static int FuncSetAttribute(nint function, int attribute, int value) => Call("cuFuncSetAttribute", d =>
    {
        d.AttributesSet.Add((d.FindFunction(function).Entry, attribute, value));
        return attribute is 8 or 14 ? 0 : InvalidValue;
    });

    [UnmanagedCallersOnly]
    private static int FuncGetParamInfo(nint function, nuint index, nuint* offset, nuint* size) => Call("cuFuncGetParamInfo", d =>
    {
        int[] sizes = d.FindFunction(function).ParameterBytes;
        if ((int)index >= sizes.Length)
            return InvalidValue;
        (*offset, *size) = ((nuint)sizes.Take((int)index).Sum(), (nuint)sizes[(int)index]);
        return 0;
    });

    [UnmanagedCallersOnly]
    private static int LinkCreate(uint count, int* options, void** values, nint* link) => Call("cuLinkCreate", d =>
    {
        *link = d.Give(new Link { InfoLog = Logs(count, options, values).Info });
        return 0;
    });

    [UnmanagedCallersOnly]
    private static int LinkAddData(nint link, int type, byte* data, nuint bytes, byte* name, uint count, int* options, void** values) =>
        Call("cuLinkAddData", d =>
        {
            byte[] image = new ReadOnlySpan<byte>(data, (int)bytes).ToArray();
            if (type != 1 || image[^1] != 0 || count != 0 || Marshal.PtrToStringUTF8((nint)name)!.Length == 0)
                throw new Refusal(InvalidValue, $"type {type}, last byte {image[^1]}, {count} options");
            d.Images.Add(image);
            d.Find<Link>(link).Text = TextOf(image);
            return d.CannotLink || !TextOf(image).Contains(".entry", StringComparison.Ordinal) ? 218 : 0;
        });

    [UnmanagedCallersOnly]
    private static int LinkComplete(nint link, void** cubin, nuint* bytes) => Call("cuLinkComplete", d =>
    {
        Link linked = d.Find<Link>(link);
        Write(linked.InfoLog, "ptxas info : Used 10 registers, linked");
        linked.Cubin = Cubin(linked.Text!);
        linked.Pin = GCHandle.Alloc(linked.Cubin, GCHandleType.Pinned);
        *cubin = (void*)linked.Pin.AddrOfPinnedObject();
        *bytes = (nuint)linked.Cubin.Length;
        return 0;
    });

    [UnmanagedCallersOnly]
    private static int LinkDestroy(nint link) => Call("cuLinkDestroy", d =>
    {
        Link linked = d.Take<Link>(link);
        if (linked.Cubin is not null)
        {
            // whoever kept the pointer reads this
            Array.Fill(linked.Cubin, (byte)0xDD);
            linked.Pin.Free();
        }

        return 0;
    });

    /// <summary>An image as this driver's linker makes it: the ELF magic, a length, the text.</summary>
    public static byte[] Cubin(string text) => [0x7F, .. "ELF"u8, .. BitConverter.GetBytes(text.Length), .. Encoding.ASCII.GetBytes(text)];

    private static byte[] ReadImage(byte* image)
    {
        int length = 0;
        if (image[0] == 0x7F)
            length = 8 + *(int*)(image + 4);
        else
        {
            while (image[length++] != 0)
            {
            }
        }

        return new ReadOnlySpan<byte>(image, length).ToArray();
    }

    private static string TextOf(byte[] image) =>
        image[0] == 0x7F ? Encoding.ASCII.GetString(image, 8, image.Length - 8) : Encoding.ASCII.GetString(image, 0, image.Length - 1);

    private static (nint Info, nint Error) Logs(uint count, int* options, void** values)
    {
        nint info = 0, error = 0;
        bool isVerbose = false;
        for (int i = 0; i < count; i++)
        {
            nint value = (nint)values[i];
            switch (options[i])
            {
                case 3: info = value; break;
                case 5: error = value; break;
                case 4 or 6 when value >= 16 * 1024: break;
                case 12 when value == 1: isVerbose = true; break;
                default: throw new Refusal(InvalidValue, $"compiler option {options[i]} = {value}");
            }
        }

        return info != 0 && error != 0 && isVerbose ? (info, error) : throw new Refusal(InvalidValue, "both logs and verbose were expected");
    }

    private static void Write(nint log, string text) => Encoding.ASCII.GetBytes(text + '\0').CopyTo(new Span<byte>((byte*)log, 16 * 1024));

    private Function FindFunction(nint function) =>
        _ledger.Values.OfType<Module>().Select(m => m.Functions.GetValueOrDefault(function)).FirstOrDefault(f => f is not null)
        ?? throw new Refusal(InvalidHandle, $"0x{function:x} is no function");

    // ".param .align 64 .b8 map[128]", ".param .u64 .ptr .global .align 1 x": bytes of each
    private static int[] ParameterSizes(string list) =>
    [
        .. list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(p =>
            int.Parse(Regex.Match(p, @"\.[busf](8|16|32|64)\b").Groups[1].Value) / 8
            * (Regex.Match(p, @"\[(\d+)\]") is { Success: true } array ? int.Parse(array.Groups[1].Value) : 1)),
    ];
}
