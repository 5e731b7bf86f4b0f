using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Puna.Runtime.Loading;

namespace Puna.Runtime.Tests.Loading;

public class SafetensorsTableTests
{
    public static TheoryData<string> CaseNames => [.. SafetensorsCases.All.Keys];

    [Fact]
    public void There_are_64_cases_and_each_is_assembled_as_it_was_recorded()
    {
        Assert.Equal(64, SafetensorsCases.All.Count);
        Assert.All(SafetensorsCases.All.Values,
            c => Assert.Equal(c.Sha256, Convert.ToHexStringLower(SHA256.HashData(c.File))));
    }

    [Theory, MemberData(nameof(CaseNames))]
    public void Lenient_reader_says_what_the_reference_parser_says(string name)
    {
        SafetensorsCase c = SafetensorsCases.All[name];

        Assert.Equal(c.Reference, Verdict(c.File, SafetensorsMode.Lenient));
    }

    [Theory, MemberData(nameof(CaseNames))]
    public void Strict_reader_follows_the_text_of_the_format(string name)
    {
        SafetensorsCase c = SafetensorsCases.All[name];

        Assert.Equal(c.Strict, Verdict(c.File, SafetensorsMode.Strict));
    }

    public static TheoryData<string> AcceptedNames =>
        [.. SafetensorsCases.All.Values.Where(c => c.Strict == "Ok").Select(c => c.Name)];

    [Theory, MemberData(nameof(AcceptedNames))]
    public void Accepted_files_give_the_recorded_warnings(string name)
    {
        SafetensorsCase c = SafetensorsCases.All[name];

        SafetensorsTable table = SafetensorsTable.Parse(c.File, c.File.Length);

        Assert.Equal(c.Warnings, table.Warnings.Select(w => w.Kind.ToString()));
    }

    [Theory]
    [InlineData("\uFEFF{}", "InvalidHeaderDeserialization", "InvalidHeaderDeserialization")]
    [InlineData("""{"\ud800":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}""", "InvalidHeaderDeserialization", "InvalidHeaderDeserialization")]
    [InlineData("""{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\u0061":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}""", "DuplicateKey", "Ok")]
    [InlineData("""{"__metadata__":{"a":"1","a":"2"}}""", "DuplicateKey", "Ok")]
    [InlineData("""{"a":["U8",[0],[0,0]]}""", "InvalidHeaderDeserialization", "InvalidHeaderDeserialization")]
    [InlineData("""{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"shape":[0]}}""", "InvalidHeaderDeserialization", "InvalidHeaderDeserialization")]
    [InlineData("""{"a":{"dtype":"U8","shape":[0,1,1,1,1,1,1,1,1],"data_offsets":[0,0]}}""", "RankTooLarge", "Ok")]
    [InlineData("""{"a":{"dtype":"U8","shape":[0,1,1,1,1,1,1,1],"data_offsets":[0,0]}}""", "Ok", "Ok")]
    [InlineData("""{"a":{"dtype":"U8","shape":[0,281474976710655],"data_offsets":[0,0]}}""", "Ok", "Ok")]
    [InlineData("""{"a":{"dtype":"U8","shape":[0,281474976710656],"data_offsets":[0,0]}}""", "DimensionTooLarge", "Ok")]
    [InlineData("""{"a":{"dtype":"U8","shape":[-0],"data_offsets":[0,0]}}""", "InvalidHeaderDeserialization", "InvalidHeaderDeserialization")]
    [InlineData("""{"a":{"dtype":"U8","shape":[00],"data_offsets":[0,0]}}""", "InvalidHeaderDeserialization", "InvalidHeaderDeserialization")]
    [InlineData("""{"a":{"dtype":"U8","shape":null,"data_offsets":[0,0]}}""", "InvalidHeaderDeserialization", "InvalidHeaderDeserialization")]
    [InlineData("""{"a":{"dtype":"U8","shape":[0],"data_offsets":{"0":0}}}""", "InvalidHeaderDeserialization", "InvalidHeaderDeserialization")]
    [InlineData("""{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},}""", "InvalidHeaderDeserialization", "InvalidHeaderDeserialization")]
    [InlineData("""{/* */}""", "InvalidHeaderDeserialization", "InvalidHeaderDeserialization")]
    [InlineData("{\"a\tb\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}", "InvalidHeaderDeserialization", "InvalidHeaderDeserialization")]
    [InlineData("{}\t\n", "Ok", "Ok")]
    [InlineData(" {}", "HeaderStart", "Ok")]
    [InlineData("""{"":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\u0000":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}""", "Ok", "Ok")]
    public void Header_without_data_is_judged(string header, string strict, string lenient)
    {
        byte[] file = File(header);

        Assert.Equal(strict, Verdict(file, SafetensorsMode.Strict));
        Assert.Equal(lenient, Verdict(file, SafetensorsMode.Lenient));
    }

    [Theory]
    [InlineData(65, "Ok")]
    [InlineData(100, "Ok")]
    [InlineData(200, "InvalidHeaderDeserialization")]
    public void Field_that_nobody_reads_may_be_nested_to_the_reference_parsers_depth(int depth, string expected)
    {
        string nested = new string('[', depth) + new string(']', depth);
        byte[] file = File($$$"""{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"x":{{{nested}}}}}""");

        Assert.Equal(expected, Verdict(file, SafetensorsMode.Strict));
        Assert.Equal(expected, Verdict(file, SafetensorsMode.Lenient));
    }

    [Fact]
    public void Header_of_100_million_bytes_that_the_file_does_not_have_is_refused_without_allocating_it()
    {
        byte[] start = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(start, 100_000_000);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Equal("InvalidHeaderLength", Verdict(start, SafetensorsMode.Strict));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    [Fact]
    public void Table_gives_entries_in_the_order_of_their_bytes()
    {
        byte[] file = File(
            """{"b":{"dtype":"F32","shape":[2,1],"data_offsets":[2,10]},"a":{"dtype":"BF16","shape":[],"data_offsets":[0,2]},"__metadata__":{"format":"pt"}}""",
            dataBytes: 10);

        SafetensorsTable table = SafetensorsTable.Parse(file, file.Length);

        Assert.Equal(["a", "b"], table.Entries.Select(e => e.Name));
        Assert.Equal((SafetensorsDType.BF16, 0, 2, 1), Facts(table.Entries[0]));
        Assert.Equal((SafetensorsDType.F32, 2, 10, 2), Facts(table.Entries[1]));
        Assert.Empty(table.Entries[0].Shape);
        Assert.Equal([2, 1], table.Entries[1].Shape);
        Assert.Equal("pt", table.Metadata["format"]);
        Assert.Equal(file.Length - 10, table.DataStart);

        static (SafetensorsDType, long, long, long) Facts(SafetensorsEntry e) => (e.DType, e.Begin, e.End, e.Length);
    }

    [Theory]
    [InlineData("n_over_limit", "t: the header length is 100000001, but at most 100000000 bytes are allowed. It is damaged or not a safetensors file; download it again.")]
    [InlineData("n_past_eof", "t: the header length is 1000, but only 73 bytes follow it. The file is cut short or not a safetensors file; download it again.")]
    [InlineData("empty_file", "t: the file is empty (0 bytes), but a safetensors file starts with 8 bytes of header length. Download it again.")]
    [InlineData("hole", "t: tensor 'b' lies at bytes 8 to 12 of the data, but the next tensor must start at 4 (tensors leave no hole and share no byte). The file is damaged; download it again.")]
    [InlineData("size_mismatch_small", "t: tensor 't' is I32 [2, 2], 16 bytes, but its offsets 0 to 4 hold 4. The file is damaged; download it again.")]
    [InlineData("truncated_data", "t: the tensors have 16 bytes, but 14 follow the header. The file is cut short; download it again.")]
    [InlineData("polyglot_tail", "t: the tensors have 16 bytes, but 24 follow the header. The rest belongs to no tensor; download the file again.")]
    [InlineData("unknown_dtype", "t: the header is not valid (tensor 't' has the unknown dtype 'F128'), but a JSON object of tensors, each with dtype, shape and data_offsets, was expected. The file is damaged or not a safetensors file; download it again.")]
    [InlineData("lenient_dup_same", "t: the header holds 't' twice, but a name stands for one thing (two readers could see two files). Write the file again, or read it in the lenient mode.")]
    public void Refusals_say_what_is_wrong(string name, string message)
    {
        byte[] file = SafetensorsCases.All[name].File;

        var e = Assert.Throws<ModelFormatException>(() => SafetensorsTable.Parse(file, file.Length, where: "t"));

        Assert.Equal(message, e.Message);
    }

    [Fact]
    public void Pointer_of_a_large_file_store_is_recognised()
    {
        byte[] file = Encoding.ASCII.GetBytes("version https://git-lfs.github.com/spec/v1\n");

        var e = Assert.Throws<ModelFormatException>(() => SafetensorsTable.Parse(file, file.Length, where: "t"));

        Assert.EndsWith("This is a Git LFS pointer, not the file itself; run git lfs pull.", e.Message);
    }

    internal static byte[] File(string header, int dataBytes = 0)
    {
        byte[] json = Encoding.UTF8.GetBytes(header);
        byte[] file = new byte[8 + json.Length + dataBytes];
        BinaryPrimitives.WriteInt64LittleEndian(file, json.Length);
        json.CopyTo(file, 8);
        return file;
    }

    private static string Verdict(byte[] file, SafetensorsMode mode)
    {
        try
        {
            SafetensorsTable.Parse(file, file.Length, mode);
            return "Ok";
        }
        catch (ModelFormatException e)
        {
            return e.Error.ToString()!;
        }
    }
}
