using Puna.Kernels;
using Puna.Kernels.Cpu;
using Puna.Runtime.Loading;
using Puna.TestKit;

namespace Puna.Runtime.Tests.Loading;

public class SafetensorsFileTests
{
    [Fact]
    public void What_is_written_is_read_back()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("x.safetensors");

        SafetensorsWriter.Write(path,
        [
            TensorSource.I32("ids", new[] { 1, -2, 3 }, 3),
            TensorSource.F32("b.f32", new[] { 1.5f, float.NaN }, 2),
            TensorSource.F32("a.scalar", new[] { 7f }),
            TensorSource.BF16("bf16", new[] { 1f, 3.140625f, -2f }, 3, 1),
            TensorSource.F16("f16", new[] { 0.5f, 65504f }, 1, 2),
            TensorSource.I64("wide", new[] { long.MaxValue }, 1),
            TensorSource.F32("empty", Array.Empty<float>(), 0, 5),
        ], new Dictionary<string, string> { ["format"] = "pt", ["é\n"] = "\"" });
        SafetensorsFile file = SafetensorsFile.Open(path);

        Assert.Equal(
            ["wide", "a.scalar", "b.f32", "empty", "ids", "bf16", "f16"], file.Table.Entries.Select(e => e.Name));
        Assert.Equal([1, -2, 3], file.ReadI32("ids"));
        Assert.Equal([1L, -2L, 3L], file.ReadI64("ids"));
        Assert.Equal([1.5f, float.NaN], file.ReadF32("b.f32"));
        Assert.Equal([7f], file.ReadF32("a.scalar"));
        Assert.Equal([1f, 3.140625f, -2f], file.ReadF32("bf16"));
        Assert.Equal([0.5f, 65504f], file.ReadF32("f16"));
        Assert.Equal([long.MaxValue], file.ReadI64("wide"));
        Assert.Empty(file.ReadF32("empty"));
        Assert.Equal([3, 1], file.Find("bf16").Shape);
        Assert.Equal("\"", file.Table.Metadata["é\n"]);
        Assert.Equal(0, file.Table.DataStart % 8);
        Assert.Empty(file.Table.Warnings);
    }

    [Fact]
    public void Tensor_of_kernels_is_written_row_by_row()
    {
        using var folder = new TemporaryFolder();
        Tensor tensor = Tensor.Allocate(DType.F32, 3, 2);
        using HostBuffer owner = tensor.Buffer;
        float[] values = [1, 2, 3, 4, 5, 6];
        values.CopyTo(tensor.Span<float>());

        SafetensorsWriter.Write(folder.File("x"), [TensorSource.Of("t", tensor.RowRange(1, 2))]);
        SafetensorsFile file = SafetensorsFile.Open(folder.File("x"));

        Assert.Equal([2, 2], file.Find("t").Shape);
        Assert.Equal([3, 4, 5, 6], file.ReadF32("t"));
    }

    [Fact]
    public void BF16_is_rounded_to_nearest_even_as_the_reference_rounds()
    {
        SafetensorsFile golden = SafetensorsFile.Open(Goldens.Shared("goldens/number-formats.safetensors"));
        using var folder = new TemporaryFolder();
        float[] x = golden.ReadF32("f32");

        SafetensorsWriter.Write(
            folder.File("x"), [TensorSource.BF16("b", x, x.Length), TensorSource.F16("h", x, x.Length)]);
        SafetensorsFile written = SafetensorsFile.Open(folder.File("x"));

        Assert.Equal(golden.ReadF32("bf16"), written.ReadF32("b"));
        Assert.Equal(golden.ReadF32("f16"), written.ReadF32("h"));
    }

    [Fact]
    public void Writer_that_writes_too_little_leaves_the_old_file_and_no_other()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("x"), "old");
        var broken = new TensorSource("w", SafetensorsDType.F32, [2, 3], s => s.Write(new byte[20]));

        var e = Assert.Throws<InvalidOperationException>(() => SafetensorsWriter.Write(folder.File("x"), [broken]));

        Assert.Equal("SafetensorsWriter: tensor 'w' wrote 20 bytes, F32 [2, 3] has 24.", e.Message);
        Assert.Equal("old", File.ReadAllText(folder.File("x")));
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void Same_name_is_not_written_twice()
    {
        using var folder = new TemporaryFolder();
        TensorSource one = TensorSource.I32("w", new[] { 1 }, 1);

        var e = Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(folder.File("x"), [one, one]));

        Assert.StartsWith("SafetensorsWriter: 'w' is already taken.", e.Message);
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void File_cut_short_between_header_and_data_is_noticed()
    {
        using var folder = new TemporaryFolder();
        SafetensorsWriter.Write(folder.File("x.safetensors"), [TensorSource.I32("w", new[] { 1, 2 }, 2)]);
        SafetensorsFile file = SafetensorsFile.Open(folder.File("x.safetensors"));
        using (FileStream stream = File.OpenWrite(file.Path))
            stream.SetLength(stream.Length - 1);

        var e = Assert.Throws<ModelFormatException>(() => file.ReadI32("w"));

        Assert.Equal(
            $"x.safetensors: the file has {file.Table.FileLength - 1} bytes, but had {file.Table.FileLength} when "
            + "its header "
            + "was read. Load the model again when nothing writes to it.", e.Message);
    }

    [Fact]
    public void Wrong_name_and_wrong_type_are_refused()
    {
        using var folder = new TemporaryFolder();
        SafetensorsWriter.Write(folder.File("x.safetensors"), [TensorSource.I32("w", new[] { 1, 2 }, 2)]);
        SafetensorsFile file = SafetensorsFile.Open(folder.File("x.safetensors"));

        Assert.Equal("x.safetensors: tensor 'v' was asked for, but the file does not hold it. It holds 1 other "
            + "tensors.",
            Assert.Throws<ModelFormatException>(() => file.ReadF32("v")).Message);
        Assert.Equal("x.safetensors: tensor 'w' is I32, but F32, BF16, F16 or F64 was expected.",
            Assert.Throws<ModelFormatException>(() => file.ReadF32("w")).Message);
    }
}
