namespace Puna.Kernels.Tests.Gpu.Emulator;

/// <summary>The frame around the body of a small test kernel.</summary>
internal static class PtxText
{
    /// <summary>
    /// A kernel <c>k</c> for sm_90a with 64-bit parameters in0, in1, …, already in x0, x1, …; r0 is the thread; shared memory
    /// begins at <c>s</c>, room for mbarriers at <c>bar</c>. Registers: r (u32), x (u64), f (f32), p (predicates).
    /// </summary>
    /// <param name="parameters">How many pointers.</param>
    /// <param name="body">Instructions.</param>
    /// <param name="sharedBytes">Size of <c>s</c>.</param>
    /// <param name="maps">Tensor maps that follow the pointers; their addresses are in x20, x21, ….</param>
    public static string Kernel(int parameters, string body, int sharedBytes = 4096, int maps = 0)
    {
        string list = string.Join(", ", Enumerable.Range(0, parameters).Select(i => $".param .u64 in{i}")
            .Concat(Enumerable.Range(0, maps).Select(i => $".param .align 64 .b8 map{i}[128]")));
        string loads = string.Join(" ", Enumerable.Range(0, parameters).Select(i => $"ld.param.u64 x{i}, [in{i}];")
            .Concat(Enumerable.Range(0, maps).Select(i => $"mov.b64 x{20 + i}, map{i}; cvta.param.u64 x{20 + i}, x{20 + i};")));
        return $$"""
            .version 8.4
            .target sm_90a
            .address_size 64
            .shared .align 1024 .b8 memory[{{sharedBytes}}];
            .shared .align 8 .b8 barriers[64];
            .visible .entry k({{list}})
            {
            .reg .u64 x<32>;
            .reg .u32 r<64>;
            .reg .b16 h<8>;
            .reg .f32 f<32>;
            .reg .pred p<8>;
            .reg .u32 s, bar;
            mov.u32 s, memory;
            mov.u32 bar, barriers;
            mov.u32 r0, %tid.x;
            {{loads}}
            {{body}}
            ret;
            }
            """;
    }
}
