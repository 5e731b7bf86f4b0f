using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Ptx;

namespace Puna.Kernels.Tests.Gpu.Ptx;

/// <summary>Mistakes of a kernel's author, each told in a sentence with kernel and C# line.</summary>
public partial class MistakeTests
{
    [Fact]
    public void The_message_names_the_line_of_the_mistake()
    {
        int line = 0;

        KernelException e = Assert.Throws<KernelException>(() => Write(k =>
        {
            U32 x = k.ThreadX;
            line = Line() + 1;
            _ = x + default(U32);
        }));

        Assert.Equal($"broken (MistakeTests.cs:{line}): a value was used that was never given one (a default struct).", e.Message);
    }

    [Fact]
    public void Values_end_with_their_block() => Fails("the value of type U32 was used after the block that made it, at MistakeTests.cs:0. Declare a Variable before the block and Set it inside (k.Set; = and += make a new value)", k =>
    {
        U32 x = k.ThreadX, inner = default;
        k.If(x < 3, () => inner = x + 1);
        _ = inner + x;
    });

    [Fact]
    public void A_loop_counter_ends_with_its_loop() => Fails("the variable 'i' of type U32 was used after the block that made it, at MistakeTests.cs:0. Declare a Variable before the block and Set it inside (k.Set; = and += make a new value)", k =>
    {
        U32 kept = default;
        k.For(0, 3, i => kept = i);
        _ = kept + 1;
    });

    [Fact]
    public void Variables_need_a_value_on_every_way() => Fails("the variable 'y' of type U32 was used before every way to this line has Set it", k =>
    {
        U32 y = k.Variable<U32>();
        k.If(k.ThreadX < 3, () => k.Set(y, 1));
        _ = y + 1;
    });

    [Fact]
    public void A_variable_set_on_both_ways_has_a_value() => Write(k =>
    {
        U32 y = k.Variable<U32>();
        k.If(k.ThreadX < 3, () => k.Set(y, 1)).Else(() => k.Set(y, 2));
        _ = y + 1;
    });

    [Fact]
    public void Only_variables_can_be_set() => Fails(
        "Set was called on the value 'tid_x' of type U32, but values are written once (only a Variable can be Set)", k => k.Set(k.ThreadX, 1));

    [Fact]
    public void Values_of_another_kernel_are_refused()
    {
        U32 foreign = default;
        _ = PtxBuilder.Kernel("other", GpuArch.Sm80, 32, k => foreign = k.ThreadX);

        Fails("the value 'tid_x' of type U32 belongs to the kernel other", k => _ = k.BlockX + foreign);
    }

    [Fact]
    public void A_finished_kernel_takes_nothing_more()
    {
        U32 x = default;
        Write(k => x = k.ThreadX);

        KernelException e = Assert.Throws<KernelException>(() => x + 1);

        Assert.EndsWith(": the kernel is finished, but something was added to it.", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x", "x", "the parameter is called 'x', but there is already a parameter of this name")]
    [InlineData("größe", "y", "the parameter is called 'größe', but ASCII letters, digits and underscores were expected, not starting with a digit")]
    [InlineData("1st", "y", "the parameter is called '1st', but ASCII letters, digits and underscores were expected, not starting with a digit")]
    [InlineData("broken", "y", "the parameter is called 'broken', but there is already a kernel of this name")]
    public void Names_are_identifiers_and_differ(string first, string second, string problem) => Fails(problem, k =>
    {
        k.U32Param(first);
        k.F32Param(second);
    });

    [Fact]
    public void Declared_shared_memory_ends_at_48_kibibytes() => Fails(
        "the shared array 'tile' of 49156 bytes would end at 49156, but declared shared memory has 49152 bytes. Use DynamicShared",
        k => k.SharedArray<F32>("tile", 12289));

    [Fact]
    public void Dynamic_shared_memory_ends_at_the_targets_limit()
    {
        Fails("with the shared array 'ring' the kernel needs 166916 bytes of shared memory, but a block has 166912 on sm_80", k => k.DynamicShared<U32>("ring", 41729));

        GpuKernel kernel = PtxBuilder.Kernel("large", GpuArch.Sm90, 32, k => k.DynamicShared<U32>("ring", 41729));
        Assert.Equal(166916, kernel.DynamicSharedBytes);
    }

    [Fact]
    public void Constructs_that_the_target_lacks_are_refused()
    {
        Fails("elect.sync was used for sm_80, but it needs sm_90", k => k.Elect());
        Fails("cvt.rn.f16x2.e4m3x2 was used for sm_80, but it needs sm_89", k => F16x2.Convert(E4M3x2.FromBits(k.Copy<U16>(0))));
        Fails("add.rn.bf16x2 was used for sm_80, but it needs sm_90. Use BF16x2.Fma", k => _ = k.Variable(BF16x2.FromBits(1)) + BF16x2.FromBits(2));
        Fails("a cluster was used for sm_80, but it needs sm_90", _ => { }, new KernelOptions { Cluster = 2 });
    }

    [Fact]
    public void A_barrier_in_a_divergent_block_is_refused()
    {
        const string Problem = "a Barrier stands in a block that threads may decide differently about (the others would never come). "
            + "Move it out, name the threads that come, or say Arrival.Promised";
        Fails(Problem, k => k.If(k.ThreadX < 3, () => k.Barrier()));
        Fails(Problem, k => k.For(k.Lane, 64, 32, i => k.If(i < 3u + k.BlockX, () => k.Barrier())));
        Fails(Problem, k =>
        {
            U32 x = k.Variable<U32>(0);
            k.If(k.ThreadX < 3, () => k.Set(x, 1));
            k.If(x == 1, () => k.Barrier());
        });
        Fails(Problem, k => k.While(() => k.PointerParam<U32>("x")[k.ThreadX] > 0, () => k.Barrier()));
    }

    [Fact]
    public void A_barrier_in_a_block_that_all_threads_enter_is_taken() => Write(k =>
    {
        Global<F32> x = k.PointerParam<F32>("x");
        k.If(k.BlockX < 3, () => k.Barrier());
        k.For(0, k.GridX, _ => k.Barrier());
        k.If(k.BlockSum(x[k.ThreadX]) > 0, () => k.Barrier());
        k.If(k.ThreadX < 32, () => k.Barrier(Arrival.Promised));
    });

    [Fact]
    public void Else_follows_its_if() => Fails("Else was called after something else was written, but it must follow its If directly", k =>
    {
        IfBlock block = k.If(k.ThreadX < 3, () => k.Sleep(1));
        k.Sleep(2);
        block.Else(() => k.Sleep(3));
    });

    [Fact]
    public void Loops_and_breaks_are_checked()
    {
        Fails("For steps by 0, but a positive step was expected", k => k.For(0, 3, step: 0, _ => { }));
        Fails("For unrolls 0 rounds, but 1 or more were expected", k => k.For(0, 3, _ => { }, unroll: 0));
        Fails("Break stands outside of any loop", k => k.Break());
    }

    [Fact]
    public void Access_options_must_fit_the_access()
    {
        Fails("shared memory was accessed with cache options, but it is not cached", k => k.SharedArray<U32>("s", 4).Load(0, AccessOptions.Stream));
        Fails("a store has a load's options (IsReadOnly, Prefetch)", k => k.PointerParam<U32>("x").Store(0, 1, AccessOptions.Stream));
        Fails("a load has the order Release, but loads acquire and stores release", k => k.PointerParam<U32>("x").Load(0, new AccessOptions { Order = MemoryOrder.Release }));
        Fails("a predicate was loaded or stored, but memory holds none. Select 0 or 1", k => k.PointerParam<Pred>("x")[0] = k.ThreadX < 3);
    }

    [Fact]
    public void Widths_must_fit_the_instruction()
    {
        Fails("a U64 was shuffled, but lanes exchange 32 bits", k => k.ShuffleXor(k.Clock(), 1));
        Fails("an atomic Min of F32 was asked for, but the instruction set has none", k => k.PointerParam<F32>("x").Atomic(AtomicOperation.Min, 1));
        Fails("the parameter 'h' is a F16, but a type of 4 or 8 bytes was expected", k => k.Param<F16>("h"));
    }

    [Fact]
    public void Named_barriers_have_numbers_and_whole_warps()
    {
        Fails("a named barrier has the number 16, but 1 to 15 were expected (0 is the whole block's)", k => k.Barrier(16, 32));
        Fails("a named barrier waits for 33 threads, but a multiple of 32 up to the block's 64 was expected", k => k.Barrier(1, 33));
    }

    [Fact]
    public void A_kernel_that_starts_early_must_wait() => Fails(
        "the kernel starts early, but never waits for its predecessors (it would read what they still write). Call WaitForPredecessors",
        _ => { }, new KernelOptions { StartsEarly = true });

    [Fact]
    public void Constants_must_fit_their_type()
    {
        Assert.Matches(@"^PtxBuilder \(MistakeTests\.cs:\d+\): the constant -1 became U32, but its values go from 0 to 4294967295\.$",
            Assert.Throws<KernelException>(() => (U32)(-1)).Message);
        Assert.Matches(@"^PtxBuilder \(MistakeTests\.cs:\d+\): the constant 16777217 became F32, but a float cannot hold it exactly\.$",
            Assert.Throws<KernelException>(() => (F32)16777217).Message);
        Assert.Matches(@"^PtxBuilder \(MistakeTests\.cs:\d+\): add\.u32 was used on constants only, but one operand at least must belong to a kernel\. Compute it in C#",
            Assert.Throws<KernelException>(() => (U32)1 + 2).Message);
    }

    [Fact]
    public void Blocks_have_1_to_1024_threads()
    {
        KernelException e = Assert.Throws<KernelException>(() => PtxBuilder.Kernel("broken", GpuArch.Sm80, new GpuDim(32, 33), _ => { }));

        Assert.Matches(@"^broken \(MistakeTests\.cs:\d+\): a block of \[32, 33, 1\] threads, but 1 to 1024 were expected \(at most 64 of them in z\)\.$", e.Message);
    }

    private static int Line([CallerLineNumber] int line = 0) => line;

    private static void Write(Action<PtxBuilder> body, KernelOptions? options = null) => PtxBuilder.Kernel("broken", GpuArch.Sm80, 64, body, options);

    private static void Fails(string problem, Action<PtxBuilder> body, KernelOptions? options = null)
    {
        KernelException e = Assert.Throws<KernelException>(() => Write(body, options));
        Assert.Equal($"broken (MistakeTests.cs:0): {problem}.", Number().Replace(e.Message, ".cs:0"));
    }

    [GeneratedRegex(@"\.cs:[1-9]\d*")]
    private static partial Regex Number();
}
