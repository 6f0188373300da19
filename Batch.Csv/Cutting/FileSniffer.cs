namespace Batch.Csv.Cutting;

/// <summary>Tells, from the first bytes of a file, what cannot be CSV in UTF-8, and says so by name.</summary>
static class FileSniffer
{
    /// <summary>How much of a file is looked at, in bytes.</summary>
    public const int HeadBytes = 64 << 10;

    /// <exception cref="CsvFileException">UNSUPPORTED_ENCODING, BINARY_FILE or JSON_FILE.</exception>
    public static void Check(ReadOnlySpan<byte> head)
    {
        if (Format(head) is { } format)
            throw FileFaults.LooksLike(format.Kind, format.Remedy);
        if (JsonSniffer.IsJson(head))
            throw FileFaults.Json();
        if (!head.Contains((byte)0))
            return;
        throw WideText(head) is { } wide ? FileFaults.Encoding(wide) : FileFaults.Binary();
    }

    /// <summary>Bytes of a UTF-8 byte order mark at the start.</summary>
    public static int Utf8MarkLength(ReadOnlySpan<byte> head) => head.StartsWith("\uFEFF"u8) ? 3 : 0;

    /// <summary>Wide text without a mark: nearly every character of a header and of numbers is ASCII, whose other bytes are NUL.</summary>
    internal static string? WideText(ReadOnlySpan<byte> head)
    {
        head = head[..Math.Min(head.Length, 1024)];
        Span<int> zeros = stackalloc int[4];
        for (var i = 0; i < head.Length; i++)
            zeros[i & 3] += head[i] == 0 ? 1 : 0;

        var few = head.Length / 4 / 8;
        var most = head.Length / 4 - few;
        bool Full(int i, Span<int> z) => z[i] >= most && most > 0;
        bool Free(int i, Span<int> z) => z[i] <= few;
        return Free(0, zeros) && Full(1, zeros) && Full(2, zeros) && Full(3, zeros) ? "UTF-32LE"
            : Full(0, zeros) && Full(1, zeros) && Full(2, zeros) && Free(3, zeros) ? "UTF-32BE"
            : Free(0, zeros) && Full(1, zeros) && Free(2, zeros) && Full(3, zeros) ? "UTF-16LE"
            : Full(0, zeros) && Free(1, zeros) && Full(2, zeros) && Free(3, zeros) ? "UTF-16BE"
            : null;
    }

    // A format that starts with letters is believed only with a byte that no text has: "ORC,BZh" is a fine header line.
    static (string Kind, string Remedy)? Format(ReadOnlySpan<byte> head) =>
        head.StartsWith("PK\x03\x04"u8) ? Zip(head)
        : head.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]) ? ("gzip", "Send it with the header Content-Encoding: gzip, or decompress it first.")
        : head.StartsWith((ReadOnlySpan<byte>)[0x28, 0xB5, 0x2F, 0xFD]) ? ("a Zstandard archive", Decompress)
        : head.StartsWith((ReadOnlySpan<byte>)[0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0]) ? ("an xz archive", Decompress)
        : head.StartsWith((ReadOnlySpan<byte>)[(byte)'7', (byte)'z', 0xBC, 0xAF, 0x27, 0x1C]) ? ("a 7-Zip archive", Decompress)
        : head.StartsWith("BZh"u8) && head.Length > 9 && head.Slice(4, 6).SequenceEqual("1AY&SY"u8) ? ("a bzip2 archive", Decompress)
        : head.StartsWith((ReadOnlySpan<byte>)[0xD0, 0xCF, 0x11, 0xE0]) ? ("an Excel workbook (.xls)", SaveAsCsv)
        : head.StartsWith("%PDF-"u8) ? ("a PDF document", "Export its table as CSV.")
        : head.StartsWith("PAR1"u8) && HasControl(head) ? ("a Parquet file", ExportAsCsv)
        : head.StartsWith("ORC"u8) && HasControl(head) ? ("an ORC file", ExportAsCsv)
        : head.StartsWith("Obj\x01"u8) ? ("an Avro file", ExportAsCsv)
        : head.StartsWith("ARROW1\0"u8) ? ("an Arrow file", ExportAsCsv)
        : head.StartsWith("SQLite format 3\0"u8) ? ("an SQLite database", ExportAsCsv)
        : null;

    static (string, string) Zip(ReadOnlySpan<byte> head) =>
        head.IndexOf("xl/"u8) >= 0 || head.IndexOf("[Content_Types].xml"u8) >= 0
            ? ("an Excel workbook (.xlsx)", SaveAsCsv)
            : ("a zip archive", "Unzip it and send the CSV file that is in it.");

    static bool HasControl(ReadOnlySpan<byte> head) => head[..Math.Min(head.Length, 64)].IndexOfAnyInRange((byte)0, (byte)8) >= 0
        || head.Contains((byte)0);

    const string Decompress = "Decompress it first, or use gzip with the header Content-Encoding: gzip.";
    const string SaveAsCsv = "Save it as \"CSV UTF-8\" and send that file.";
    const string ExportAsCsv = "Export it as CSV and send that file.";
}
