using System.Numerics;
using Puna.Kernels.Gpu.Emulator.Syntax;

namespace Puna.Kernels.Gpu.Emulator.Instructions;

/// <summary>A place that a call copies from or to: a register, or local memory.</summary>
internal readonly record struct CallSlot(Register Register, int Offset, int Bytes);

/// <summary>call: PTX ISA 9.7.12.5. Parameters are copied into the callee's local memory or registers, results back.</summary>
internal static class CallOpcodes
{
    public static Instruction Decode(DecodeContext c)
    {
        c.Take("uni");
        int at = 0;
        CallSlot[] results = c.Operand(0) is ListOperand r ? Slots(c, r, isWritten: true) : [];
        at += c.Operand(0) is ListOperand ? 1 : 0;
        string name = c.Operand(at) is NameOperand n ? n.Name : throw c.Error("a function was expected");
        CallSlot[] arguments = c.OperandCount > at + 1 && c.Operand(at + 1) is ListOperand a ? Slots(c, a, isWritten: false) : [];
        if (c.Scope.Register(name, c.Registers) is { } pointer)
            return Indirect(c, pointer, arguments, results);
        FunctionCode function = c.Decoder.Function(name, c);
        if (!function.Syntax.HasBody)
            return External(c, name, arguments, results);
        RecursionFrame? frame = c.Decoder.Leads(function);
        Call call = new(arguments, [.. function.Parameters.Select(Slot)], frame, frame is null ? null : function.Frame);
        c.Decoder.Later(c, _ => call.Target = function.Pc);
        CallSlot[] returns = [.. function.Returns.Select(Slot)];
        if (frame is null)
        {
            call.Then = new CopySlots(returns, results);
            return call;
        }

        RestoreFrame back = new(_ => returns, results);
        c.Decoder.Later(c, context => back.Place(context.Decoder));
        call.Then = back;
        return call;
    }

    private static CallIndirect Indirect(DecodeContext c, Register pointer, CallSlot[] arguments, CallSlot[] results)
    {
        CallIndirect call = new(pointer, arguments, c.Decoder.Frame);
        // All functions that one pointer may name have the same shape; each lane's results lie where its callee left them.
        RestoreFrame back = new(callee => call.Functions.TryGetValue(callee, out FunctionCode? f) ? [.. f.Returns.Select(Slot)] : [], results);
        c.Decoder.Later(c, context =>
        {
            call.Functions = context.Decoder.FunctionsByPc();
            back.Place(context.Decoder);
        });
        call.Then = back;
        return call;
    }

    private static Instruction External(DecodeContext c, string name, CallSlot[] arguments, CallSlot[] results) => name switch
    {
        "vprintf" => new ZeroSlots(results),
        "malloc" when arguments.Length == 1 && results.Length == 1 => new HeapAllocation(arguments[0], results[0]),
        "free" when arguments.Length == 1 => new HeapFree(arguments[0]),
        "__assertfail" or "__assert_fail" => new Trap("An assertion of the kernel has failed."),
        _ => throw c.Error($"the function {name} has no body, and the emulator does not know it"),
    };

    /// <summary>The number in a slot of 8 bytes.</summary>
    internal static unsafe ulong Read(Warp w, int lane, CallSlot slot) => slot.Register.IsSink
        ? *(ulong*)(w.Local + ((long)lane * w.LocalBytes) + slot.Offset) : w.Value(slot.Register, lane);

    /// <summary>Puts a number into a slot of 8 bytes.</summary>
    internal static unsafe void Write(Warp w, int lane, CallSlot slot, ulong value)
    {
        if (!slot.Register.IsSink)
        {
            w.Set(slot.Register, lane, value);
            return;
        }

        long at = ((long)lane * w.LocalBytes) + slot.Offset;
        *(ulong*)(w.Local + at) = value;
        *(ulong*)(w.LocalState + at) = 0;
    }

    internal static CallSlot Slot((VariableSyntax Variable, Register Register, int Offset) p) => new(p.Register, p.Offset, (int)p.Variable.Bytes);

    private static CallSlot[] Slots(DecodeContext c, ListOperand list, bool isWritten) => [.. list.Items.Select(item =>
    {
        if (item is NameOperand n && c.Scope.Register(n.Name, c.Registers) is null && c.Scope.Symbol(n.Name) is { Space: StateSpace.Local } symbol)
            return new CallSlot(Register.Sink, (int)symbol.Offset, (int)symbol.Variable.Bytes);
        Register register = isWritten ? c.DestinationOf(item) : c.SourceOf(item, item is NameOperand ? PtxType.None : PtxType.B64);
        return new CallSlot(register, -1, register.Bytes);
    })];

    /// <summary>Copies slots of a lane, undefined bytes too.</summary>
    internal static unsafe void Copy(Warp w, uint mask, CallSlot[] from, CallSlot[] to)
    {
        for (int i = 0; i < Math.Min(from.Length, to.Length); i++)
        {
            for (uint m = mask; m != 0; m &= m - 1)
                Copy(w, BitOperations.TrailingZeroCount(m), from[i], to[i]);
        }
    }

    private static unsafe void Copy(Warp w, int lane, CallSlot from, CallSlot to)
    {
        long local = (long)lane * w.LocalBytes;
        byte* source = from.Register.IsSink ? w.Local + local + from.Offset : (byte*)w.Words(from.Register) + (lane * Math.Max(4, from.Register.Bytes));
        byte* target = to.Register.IsSink ? w.Local + local + to.Offset : (byte*)w.Words(to.Register) + (lane * Math.Max(4, to.Register.Bytes));
        int bytes = Math.Min(from.Bytes, to.Bytes);
        Buffer.MemoryCopy(source, target, bytes, bytes);
        uint undefined = 0;
        for (int i = 0; i < Math.Min(8, bytes) && from.Register.IsSink; i++)
            undefined |= (uint)w.LocalState[local + from.Offset + i] << i;
        if (!from.Register.IsSink)
            undefined = w.UndefinedBytes(from.Register, lane);
        if (!to.Register.IsSink)
            w.SetUndefinedBytes(to.Register, lane, (byte)undefined, from.Register.IsSink ? -1 : w.Origin[from.Register.Index]);
        else if (from.Register.IsSink)
            Buffer.MemoryCopy(w.LocalState + local + from.Offset, w.LocalState + local + to.Offset, bytes, bytes);
        else
            for (int i = 0; i < bytes; i++)
                w.LocalState[local + to.Offset + i] = (byte)(undefined >> i & 1);
    }
}

internal sealed class Call(CallSlot[] arguments, CallSlot[] parameters, RecursionFrame? frame, RecursionFrame? callee) : Instruction
{
    public int Target { get; set; }

    public override void Execute(Warp w, uint mask)
    {
        if (w.IsTooDeep(mask))
        {
            w.ReportDepth(this, mask);
            return;
        }

        for (uint m = frame is null ? 0 : mask; m != 0; m &= m - 1)
            w.Save(BitOperations.TrailingZeroCount(m), frame!, callee!);   // a call that leads back has both
        CallOpcodes.Copy(w, mask, arguments, parameters);
        w.Call(mask, Target);
    }
}

/// <summary>A call through a pointer: lanes that go elsewhere than the first execute it again.</summary>
internal sealed class CallIndirect(Register pointer, CallSlot[] arguments, RecursionFrame? frame) : Instruction
{
    public IReadOnlyDictionary<int, FunctionCode> Functions { get; set; } = new Dictionary<int, FunctionCode>();

    public override unsafe void Execute(Warp w, uint mask)
    {
        int target = (int)w.Value(pointer, BitOperations.TrailingZeroCount(mask));
        uint same = 0;
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            same |= (int)w.Value(pointer, lane) == target ? 1u << lane : 0;
        }

        if (!Functions.TryGetValue(target, out FunctionCode? function) || (w.U[pointer.Index] & mask) != 0)
        {
            if (w.IsNew(FindingKind.UndefinedValue, this))
                w.Report(FindingKind.UndefinedValue, this, BitOperations.TrailingZeroCount(mask), (ulong)target, "The pointer names no function.");
            w.Exit(mask);
            return;
        }

        if (w.IsTooDeep(mask))
        {
            w.ReportDepth(this, mask);
            return;
        }

        for (uint m = frame is null || function.Frame is null ? 0 : same; m != 0; m &= m - 1)
            w.Save(BitOperations.TrailingZeroCount(m), frame!, function.Frame!);   // as the line before says
        CallOpcodes.Copy(w, same, arguments, [.. function.Parameters.Select(CallOpcodes.Slot)]);
        w.CallSome(same, mask & ~same, target, Index);
    }
}

internal sealed class CopySlots(CallSlot[] from, CallSlot[] to) : Instruction
{
    public override void Execute(Warp w, uint mask) => CallOpcodes.Copy(w, mask, from, to);
}

/// <summary>Behind a call that may lead back to its function: results go by way of a place that no activation owns.</summary>
internal sealed class RestoreFrame(Func<int, CallSlot[]> returns, CallSlot[] results) : Instruction
{
    private CallSlot[] _between = [];

    /// <summary>Takes room for the results on their way.</summary>
    public void Place(Decoder decoder) =>
        _between = [.. results.Select(r => new CallSlot(Register.Sink, decoder.Local(Math.Max(8, r.Bytes), 16), r.Bytes))];

    public override void Execute(Warp w, uint mask)
    {
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            uint one = 1u << lane;
            CallOpcodes.Copy(w, one, returns(w.LastCallee[lane]), _between);
            w.Restore(lane);
            CallOpcodes.Copy(w, one, _between, results);
        }
    }
}

internal sealed class ZeroSlots(CallSlot[] slots) : Instruction
{
    public override unsafe void Execute(Warp w, uint mask)
    {
        foreach (CallSlot slot in slots)
        {
            for (uint m = mask; m != 0; m &= m - 1)
            {
                int lane = BitOperations.TrailingZeroCount(m);
                long at = ((long)lane * w.LocalBytes) + slot.Offset;
                if (slot.Register.IsSink)
                {
                    new Span<byte>(w.Local + at, slot.Bytes).Clear();
                    new Span<byte>(w.LocalState + at, slot.Bytes).Clear();
                }
                else
                {
                    w.Set(slot.Register, lane, 0);
                }
            }
        }
    }
}
