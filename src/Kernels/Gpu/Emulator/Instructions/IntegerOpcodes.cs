using Puna.Kernels.Gpu.Emulator.Syntax;

namespace Puna.Kernels.Gpu.Emulator.Instructions;

/// <summary>Integers and bits: PTX ISA 9.7.1, 9.7.2, 9.7.6, 9.7.8.</summary>
internal static partial class IntegerOpcodes
{
    /// <summary>The instruction, or null where the opcode is none of these.</summary>
    public static Instruction? Decode(DecodeContext c) => c.Name switch
    {
        "add" or "sub" or "mul" or "mad" or "div" or "rem" or "min" or "max" or "abs" or "neg" when !IsFloat(c) => Arithmetic(c),
        "mul24" or "mad24" or "sad" => Arithmetic24(c),
        "addc" or "subc" or "madc" => Carry(c),
        "and" or "or" or "xor" or "not" or "cnot" or "lop3" => Logic(c),
        "shl" or "shr" or "shf" => Shift(c),
        "popc" or "clz" or "bfind" or "fns" or "brev" or "bfe" or "bfi" or "bmsk" or "szext" or "prmt" => Bits(c),
        "dp4a" or "dp2a" => DotProduct(c),
        "setp" or "set" when !IsFloat(c, last: true) => Comparison(c),
        "selp" or "slct" => Selection(c),
        "mov" => MoveOpcodes.Decode(c),
        "vadd" or "vsub" or "vabsdiff" or "vmin" or "vmax" or "vshl" or "vshr" or "vmad" or "vset" => VideoOpcodes.Scalar(c),
        "vadd2" or "vsub2" or "vavrg2" or "vabsdiff2" or "vmin2" or "vmax2" or "vset2" => VideoOpcodes.Packed(c, 2),
        "vadd4" or "vsub4" or "vavrg4" or "vabsdiff4" or "vmin4" or "vmax4" or "vset4" => VideoOpcodes.Packed(c, 4),
        _ => null,
    };

    private static bool IsFloat(DecodeContext c, bool last = false)
    {
        IEnumerable<string> types = c.Syntax.Modifiers.Where(m => PtxTypes.TryParse(m, out _));
        string? name = last ? types.LastOrDefault() : types.FirstOrDefault();
        return name is not null && PtxTypes.TryParse(name, out PtxType type) && type.IsFloat();
    }

    private static DeviceException NoType(DecodeContext c, PtxType type) => c.Error($"{c.Name} has no type {type.Spelling()}");
}
