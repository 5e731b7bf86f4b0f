namespace Puna.Kernels.Tests.Gpu.Emulator;

/// <summary>The frame around the body of a small test kernel.</summary>
internal static class PtxText
{
    /// <summary>
    /// A kernel <c>k</c> for sm_90a with 64-bit parameters a0, a1, …, already in x0, x1, …; r0 is the thread; shared memory
    /// is <c>s</c>. Registers: r (u32), x (u64), f (f32), p (predicates).
    /// </summary>
    public static string Kernel(int parameters, string body, int sharedBytes = 4096, string parameterType = ".u64")
    {
        string list = string.Join(", ", Enumerable.Range(0, parameters).Select(i => $".param {(i == 0 ? parameterType : ".u64")} a{i}{(i == 0 && parameterType != ".u64" ? "[128]" : "")}"));
        string loads = string.Join(" ", Enumerable.Range(0, parameters).Where(i => i > 0 || parameterType == ".u64").Select(i => $"ld.param.u64 x{i}, [a{i}];"));
        return $$"""
            .version 8.4
            .target sm_90a
            .address_size 64
            .shared .align 1024 .b8 s[{{sharedBytes}}];
            .shared .align 8 .b8 bar[64];
            .visible .entry k({{list}})
            {
            .reg .u64 x<32>;
            .reg .u32 r<64>;
            .reg .b16 h<8>;
            .reg .f32 f<32>;
            .reg .pred p<8>;
            mov.u32 r0, %tid.x;
            {{loads}}
            {{body}}
            ret;
            }
            """;
    }
}
