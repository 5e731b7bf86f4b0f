using Puna.TestKit;

namespace Puna.Docs.Tests;

public class NameRuleTests
{
    private static readonly NameRule Rule = new(new KnownNames(new RepositoryFiles(Goldens.Repository)));

    [Theory]
    [InlineData("`Puna.Kernels.NoSuchType`", "Puna.Kernels.NoSuchType")]
    [InlineData("`Puna.NoSuchProject`", "Puna.NoSuchProject")]
    [InlineData("`Puna.Kernels.Tensor.NoSuchMember`", "Puna.Kernels.Tensor.NoSuchMember")]
    [InlineData("`Tensor.NoSuchMember`", "Tensor.NoSuchMember")]
    [InlineData("`Kernels.NoSuchType.Cpu`", "Kernels.NoSuchType.Cpu")]
    [InlineData("`NoSuchType.Member`", "NoSuchType.Member")]
    [InlineData("`NoSuchType<float>.Member`", "NoSuchType.Member")]
    [InlineData("`NoSuchMethod(x)`", "NoSuchMethod")]
    [InlineData("`x.Do(new NoSuchType(1))`", "NoSuchType")]
    [InlineData("`Math.NoSuchMember`", "Math.NoSuchMember")]
    [InlineData("`NoSuchMachine`", "NoSuchMachine")]
    [InlineData("`DType` and `HookPoint.NoSuchPoint`", "HookPoint.NoSuchPoint")]
    public void What_does_not_exist_is_found(string text, string name)
    {
        IEnumerable<Problem> problems = Rule.Check(Markdown.Parse("docs/page.md", "\n" + text));

        Assert.Equal([$"docs/page.md:2: the name '{name}' does not exist"], problems.Select(p => p.ToString()));
    }

    [Theory]
    [InlineData("`Puna.Kernels`, `Puna.Kernels.Tensor`, `Puna.Kernels.Tensor.Row`, `Puna.Tool`, `Puna.Docs.Tests`")]
    [InlineData("`Tensor.Row<float>(0)`, `DType.BF16`, `Kernels.DType`, `IBackend.MatMul(x, y)`, `HookPoint.Z`")]
    [InlineData("`Vector512.IsHardwareAccelerated`, `List<int>.Count`, `Math.Sqrt(x)`, `System.Numerics.Vector`")]
    [InlineData("`FsCheck`, `Spectre.Console`, `BenchmarkDotNet.Artifacts`, `Microsoft.Testing.Platform`")]
    [InlineData("`RmsNorm(x)`, `KvLayer`, `HeadLayout`, `LlamaForCausalLM`, `Transformer`, `Llama 3.1`, `F32(x)`, `O(n)`, `W8A8`")]
    [InlineData("`AutoModel.from_pretrained`, `NoSuch.cs`, `src/NoSuchThing/X`, `\"NoSuchText\"`, `SmolLM2-1.7B`")]
    [InlineData("NoSuchType.Member without back-ticks")]
    public void What_exists_or_is_not_ours_passes(string text) =>
        Assert.Empty(Rule.Check(Markdown.Parse("docs/page.md", text)));
}
