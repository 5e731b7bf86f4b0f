namespace Puna.Kernels.Gpu.Ptx;

/// <summary>
/// Setting a variable to what the instruction before has just computed needs no move: the instruction writes the
/// variable itself. So <c>k.Set(sum, F32.Fma(v, v, sum))</c> reads as one line.
/// </summary>
internal static class MoveFolding
{
    public static void Run(List<Line> lines, List<Value> registers)
    {
        Dictionary<Value, int> reads = [];
        foreach (Line line in lines)
            CountReads(line, reads);
        HashSet<Value> gone = [];
        List<Line> kept = new(lines.Count);
        foreach (Line line in lines)
        {
            if (kept.Count > 0 && Source(line) is { } source && reads[source] == 1 && WritesOnly(kept[^1], source) is { } place)
            {
                kept[^1].Operands[place] = line.Operands[0];
                gone.Add(source);
            }
            else
            {
                kept.Add(line);
            }
        }

        lines.Clear();
        lines.AddRange(kept);
        registers.RemoveAll(gone.Contains);
    }

    private static void CountReads(Line line, Dictionary<Value, int> reads)
    {
        if (line.Guard is { } guard)
            reads[guard] = reads.GetValueOrDefault(guard) + 1;
        foreach (Operand operand in line.Operands)
            CountReads(operand, reads);
    }

    private static void CountReads(Operand operand, Dictionary<Value, int> reads)
    {
        foreach (Operand item in operand.Items ?? [])
            CountReads(item, reads);
        if (operand is { Value: { } value, IsWritten: false })
            reads[value] = reads.GetValueOrDefault(value) + 1;
    }

    // what an unguarded move into a variable copies, where both are registers of one kind
    private static Value? Source(Line line) =>
        line is { Kind: LineKind.Instruction, Guard: null, Operands: [{ Value.IsVariable: true, IsWritten: true }, { Value: { IsConstant: false, IsVariable: false } source }] }
            && line.Text.StartsWith("mov.", StringComparison.Ordinal) && source.Type.Register == line.Operands[0].Value!.Type.Register // the pattern
            ? source : null;

    // the place of the operand, where it is all that an unguarded instruction writes
    private static int? WritesOnly(Line line, Value value) =>
        line is { Kind: LineKind.Instruction, Guard: null, Operands: [var first, ..] }
            && first.IsWritten && !first.IsAddress && ReferenceEquals(first.Value, value)
            && !line.Operands.Skip(1).Any(o => o.IsWritten || o.Items is { } items && items.Any(i => i.IsWritten))
            ? 0 : null;
}
