using System.Numerics;
using Puna.Kernels.Gpu.Emulator.Memory;

namespace Puna.Kernels.Gpu.Emulator.Instructions;

/// <summary>malloc in a kernel: each piece is an allocation of its own, so that its ends are watched.</summary>
internal sealed class HeapAllocation(CallSlot size, CallSlot result) : Instruction
{
    public override void Execute(Warp w, uint mask)
    {
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            ulong bytes = CallOpcodes.Read(w, lane, size);
            ulong address = bytes == 0 ? 0 : w.Launch.Memory.Allocate((long)Math.Min(bytes, 1UL << 30), MemoryKind.Buffer, "heap").Address;
            CallOpcodes.Write(w, lane, result, address);
        }
    }
}

/// <summary>free in a kernel.</summary>
internal sealed class HeapFree(CallSlot pointer) : Instruction
{
    public override void Execute(Warp w, uint mask)
    {
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            ulong address = CallOpcodes.Read(w, lane, pointer);
            Allocation? piece = w.Launch.Memory.Find(address);
            if (piece is { IsFreed: false, Name: "heap" } && piece.Address == address)
                w.Launch.Memory.Free(address);
            else if (address != 0 && w.IsNew(FindingKind.FreedMemory, this))
                w.Report(FindingKind.FreedMemory, this, lane, address, $"0x{address:x} is freed, but it is no piece of the heap that is still in use.");
        }
    }
}
