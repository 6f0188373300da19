using System.Text;
using Batch.Csv;

namespace Batch.Tests.Csv;

/// <summary>Seeded files that are hard on a CSV reader, and rows in a form that tests can compare.</summary>
static class CsvGarbage
{
    static readonly string[] Alphabets =
    [
        "a,\"\n",
        "a,\"\r\n;\tx|",
        "\"\n",
        "a\",\n\"\"\"",
        "ab,\r\n",
        "aaaaaaaaaaaaaaaaaaaaaaaa,\"\r\n",
        "abcdefghijklmnopqrstuvwxyz0123456789,,,\n",
        "é漢🙂\0,\"\n;",
    ];

    static readonly string[] Phrases =
    [
        "\"quoted\"", "\"with \"\"quotes\"\"\"", "\"two\nlines\"", "\"two\r\nlines\"", "\"\"", "\"\"\"\"", "plain", "5\" pipe", "", "\"stray",
        " \"spaced\" ", "\t\"tabbed\"", "\"\" ", " ", "\\N",
        "\"closed\"too early", "a\",\"", "\r\n", "\n\n", "\r", "a fairly long field without anything special about it, really",
        "\"it\\\"s\"", "\"\\\\\"", "a\\b", "\"wrong\\n\"", "#no row", "\n#\"", "\"\\",
    ];

    public static readonly byte[] Delimiters = [(byte)',', (byte)';', (byte)'\t', (byte)'|'];

    /// <summary>At most <paramref name="maxLength"/> characters, of one kind of garbage.</summary>
    public static byte[] File(Random random, int maxLength)
    {
        var length = random.Next(maxLength + 1);
        var text = new StringBuilder();
        var kind = random.Next(Alphabets.Length + 3);
        if (kind < Alphabets.Length)
        {
            var runes = Alphabets[kind].EnumerateRunes().ToArray();
            while (text.Length < length)
                text.Append(runes[random.Next(runes.Length)]);
        }
        else
        {
            // Mostly well-formed: such rows are the ones that stay in the blocks, next to the ones that do not.
            var faults = kind - Alphabets.Length;
            var delimiter = (char)Delimiters[random.Next(Delimiters.Length)];
            var lineBreak = random.Next(3) switch { 0 => "\n", 1 => "\r\n", _ => "\r" };
            while (text.Length < length)
            {
                text.Append(Phrases[random.Next(random.Next(4) < faults ? Phrases.Length : 7)]);
                text.Append(random.Next(3) == 0 ? lineBreak : delimiter.ToString());
            }
        }
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>A file for <paramref name="dialect"/>: garbage, or rows that just fit into MaxRowBytes or just do not.</summary>
    public static byte[] File(Random random, int maxLength, CsvDialect dialect)
    {
        if (dialect.MaxRowBytes > 300 || random.Next(3) > 0)
            return File(random, maxLength);

        var file = new List<byte>();
        var length = random.Next(maxLength + 1);
        while (file.Count < length)
        {
            var row = new byte[Math.Max(1, dialect.MaxRowBytes + random.Next(-2, 4))];
            Array.Fill(row, (byte)'x');
            if (random.Next(3) > 0)
                row[random.Next(row.Length)] = dialect.Delimiter;
            if (random.Next(3) > 0)
                row[0] = row[^1] = (byte)'"';
            for (var i = random.Next(3); i > 0; i--)
                row[random.Next(row.Length)] = (byte)"\n\r\n\""[random.Next(4)];
            file.AddRange(row);
            file.AddRange(random.Next(3) switch { 0 => "\n"u8, 1 => "\r\n"u8, _ => "\nok\n"u8 });
        }
        return [.. file];
    }

    public static CsvDialect Dialect(Random random) =>
        new(Delimiters[random.Next(Delimiters.Length)], random.Next(8) switch { 0 => 5, 1 => 16, 2 => 64, 3 => 65, 4 => 100, 5 => 1, 6 => 300, _ => 1 << 20 },
            random.Next(7) switch { 0 or 1 => QuoteRule.Literal, 2 => QuoteRule.None, _ => QuoteRule.Strict }, IsOneColumn: random.Next(4) == 0,
            Escape: random.Next(4) == 0
                ? (byte)'\\'
                : (byte)0, DelimiterRest: random.Next(4) == 0 ? ShortText.Of(random.Next(2) == 0 ? ","u8 : "|x"u8) : default,
            Comment: random.Next(4) == 0 ? ShortText.Of(random.Next(2) == 0 ? "#"u8 : "a"u8) : default);

    public delegate int Read(ReadOnlySpan<byte> chunk, int offset, ref int line, RowBatch batch);

    /// <summary>All rows of a chunk, one string each: number, line, fault, bytes, fields.</summary>
    public static List<string> Rows(Read read, ReadOnlySpan<byte> chunk, RowBatch batch, long firstRow = 1, long firstLine = 1)
    {
        var rows = new List<string>();
        var (offset, line) = (0, 0);
        while (offset < chunk.Length)
        {
            var next = read(chunk, offset, ref line, batch);
            Assert.True(next > offset && (batch.RowCount > 0 || next == chunk.Length), "Each call gets further.");
            offset = next;
            for (var i = 0; i < batch.RowCount; i++)
                rows.Add(Describe(chunk, batch, batch.Rows[i], firstRow + rows.Count, firstLine));
        }
        return rows;
    }

    static string Describe(ReadOnlySpan<byte> chunk, RowBatch batch, RowSpan row, long number, long firstLine)
    {
        var text = new StringBuilder().Append(number).Append(" line ").Append(firstLine + row.Line).Append(' ').Append(row.Fault)
            .Append(' ').Append(Convert.ToHexString(chunk[row.Start..row.End]));
        var start = row.Start;
        for (var i = 0; i < row.FieldCount; i++)
        {
            var end = batch.FieldEnds[row.FirstField + i];
            text.Append(" [").Append(Encoding.Latin1.GetString(chunk[start..end])).Append(']');
            start = end + 1;
        }
        return text.ToString();
    }

    public static string Show(ReadOnlySpan<byte> file) =>
        Encoding.UTF8.GetString(file).Replace("\r", "\\r", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
