using System.CommandLine;

namespace Puna.Tools;

/// <summary><c>puna ptx</c>: kernels written in PTX, by whomever, on machines with and without a GPU.</summary>
internal static class Ptx
{
    /// <summary>The verb.</summary>
    public static Verb Create(Terminal terminal)
    {
        Verb[] parts = [PtxCheck.Create(terminal), PtxRun.Create(terminal)];
        var command = new Command("ptx", "Checks and runs GPU kernels from PTX text, without a GPU too.");
        foreach (Verb part in parts)
            command.Add(part.Command);
        return new Verb(command, """
              puna ptx check kernels.json
              puna ptx run saxpy.ptx --grid 4 --block 128 --input in.safetensors --arg x --arg y --arg 1.5f --arg 500
            """)
        {
            Parts = [.. parts],
        };
    }
}
