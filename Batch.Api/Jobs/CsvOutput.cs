using CsvHelper;

namespace Batch.Api.Jobs;

/// <summary>CSV as it is written for people and scripts: a field is in quotes where it must be (RFC 4180). Rows of files are copied instead, byte for byte.</summary>
public static class CsvOutput
{
    public static CsvWriterOptions Options(char delimiter, string newLine = "\n") =>
        new() { Separator = delimiter, NewLine = newLine, BufferSize = 4096 };

    /// <summary>One field, UTF-8.</summary>
    public static byte[] Field(string text, char delimiter)
    {
        var output = new MemoryStream();
        using var csv = CsvWriter.Create(output, Options(delimiter), leaveOpen: true);
        csv.WriteField(text);
        // Before the record ends: then a field of no text, alone, would be two quotes.
        csv.Flush();
        return output.ToArray();
    }
}
