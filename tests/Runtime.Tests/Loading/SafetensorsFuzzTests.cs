using System.Buffers.Binary;
using System.Text;
using Puna.Runtime.Loading;

namespace Puna.Runtime.Tests.Loading;

/// <summary>
/// Any bytes give a complete table that obeys the format's layout, or one exception type with a class.
/// </summary>
public class SafetensorsFuzzTests
{
    private static readonly string[] Pieces =
    [
        "{", "}", "[", "]", ",", ":", "\"", "0", "-1", "1e3", "18446744073709551615", "9223372036854775808",
        "null", "true", "\"dtype\"", "\"shape\"", "\"data_offsets\"", "\"__metadata__\"", "\"F32\"", "\"F4\"",
        "\"F6_E2M3\"", "\\u0000", "\\ud800", "\u00e9", " ", "\n", "[0,0]", "[4294967296,4294967296]",
        "\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},",
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Mutated_files_give_a_complete_table_or_one_kind_of_exception(int seed)
    {
        var random = new Random(seed);
        byte[][] seeds = [.. SafetensorsCases.All.Values.Where(c => c.File.Length < 2000).Select(c => c.File)];
        int accepted = 0, refused = 0;

        for (int i = 0; i < 6000; i++)
        {
            byte[] file = Mutate(seeds[random.Next(seeds.Length)], random);
            foreach (SafetensorsMode mode in Enum.GetValues<SafetensorsMode>())
            {
                if (Accepts(file, mode))
                    accepted++;
                else
                    refused++;
            }
        }

        // Both ways were taken; otherwise the mutations prove nothing.
        Assert.True(accepted > 50 && refused > 1000, $"{accepted} accepted, {refused} refused");
    }

    private static bool Accepts(byte[] file, SafetensorsMode mode)
    {
        SafetensorsTable table;
        try
        {
            table = SafetensorsTable.Parse(file, file.Length, mode);
        }
        catch (ModelFormatException e)
        {
            Assert.NotNull(e.Error);
            Assert.DoesNotContain('\n', e.Message);
            return false;
        }

        AssertComplete(table, file, mode);
        return true;
    }

    private static void AssertComplete(SafetensorsTable table, byte[] file, SafetensorsMode mode)
    {
        Assert.Equal(8 + (long)BinaryPrimitives.ReadUInt64LittleEndian(file), table.DataStart);
        long end = 0;
        foreach (SafetensorsEntry entry in table.Entries)
        {
            Assert.Equal(end, entry.Begin);
            end = entry.End;
            UInt128 bits = (UInt128)entry.DType.Bits();
            foreach (long dimension in entry.Shape)
                bits *= (UInt128)dimension;
            Assert.Equal((UInt128)entry.Bytes * 8, bits);
            Assert.Same(entry, table.Find(entry.Name));
            if (mode == SafetensorsMode.Strict)
                Assert.True(entry.Shape.Length <= 8 && entry.Shape.All(d => d < 1L << 48));
        }

        Assert.Equal(file.Length, table.DataStart + end);
    }

    private static byte[] Mutate(byte[] file, Random random)
    {
        var bytes = new List<byte>(file);
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            int at = random.Next(bytes.Count + 1);
            switch (random.Next(7))
            {
                case 0 when at < bytes.Count:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1 when at < bytes.Count:
                    bytes.RemoveAt(at);
                    break;
                case 2:
                    bytes.InsertRange(at, Encoding.UTF8.GetBytes(Pieces[random.Next(Pieces.Length)]));
                    break;
                case 3:
                    bytes.RemoveRange(at, Math.Min(random.Next(12), bytes.Count - at));
                    break;
                case 4:   // a letter of a name, or a digit
                    int quote = bytes.IndexOf((byte)'"');
                    if (quote > 0 && quote + 1 < bytes.Count)
                        bytes[quote + 1] = (byte)random.Next('0', 'z');
                    break;
                case 5:
                    bytes.AddRange(new byte[random.Next(9)]);
                    break;
                default:
                    int from = random.Next(bytes.Count + 1);
                    bytes.InsertRange(at, bytes.GetRange(from, Math.Min(random.Next(60), bytes.Count - from)));
                    break;
            }
        }

        byte[] mutated = [.. bytes];
        if (mutated.Length >= 8 && random.Next(4) != 0)
            RepairLength(mutated);
        return mutated;
    }

    // Most mutations would otherwise end at the header's length: let it reach to the last brace.
    private static void RepairLength(byte[] file)
    {
        int brace = Array.LastIndexOf(file, (byte)'}');
        if (brace >= 8)
            BinaryPrimitives.WriteInt64LittleEndian(file, brace + 1 - 8);
    }
}
