using CsvHelper;

namespace Batch.Api.Jobs;

/// <summary>
/// A field of CSV as it is written for people and scripts: in quotes where it must be (RFC 4180). Rows of files are copied instead, byte for byte.
/// </summary>
static class CsvOutput
{
    /// <summary>One field, UTF-8.</summary>
    public static byte[] Field(string text, char delimiter)
    {
        var output = new MemoryStream();
        using var csv = CsvWriter.Create(output, new CsvWriterOptions { Separator = delimiter, NewLine = "\n", BufferSize = 4096 }, leaveOpen: true);
        csv.WriteField(text);
        // Before the record ends: then a field of no text, alone, would be two quotes.
        csv.Flush();
        return output.ToArray();
    }
}
