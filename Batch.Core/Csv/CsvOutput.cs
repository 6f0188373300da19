using System.Globalization;
using CsvHelper;
using CsvHelper.Configuration;

namespace Batch.Core.Csv;

/// <summary>CSV as it is written for people and scripts: a field is in quotes where it must be (RFC 4180). Rows of files are copied instead, byte for byte.</summary>
public static class CsvOutput
{
    /// <summary>A writer that leaves <paramref name="output"/> open.</summary>
    public static CsvWriter Writer(TextWriter output, char delimiter, string newLine = "\n") => new(output, new CsvConfiguration(CultureInfo.InvariantCulture)
    {
        Delimiter = delimiter.ToString(),
        NewLine = newLine,
        // CsvHelper would put fields with blanks at their ends in quotes too, and would leave a lone carriage return without.
        ShouldQuote = field => field.Field.AsSpan().IndexOfAny(['"', '\r', '\n', delimiter]) >= 0,
    }, leaveOpen: true);

    /// <summary>One field.</summary>
    public static string Field(string text, char delimiter)
    {
        using var output = new StringWriter();
        using (var csv = Writer(output, delimiter))
            csv.WriteField(text);
        return output.ToString();
    }
}
