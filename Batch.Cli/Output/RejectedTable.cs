using System.Globalization;
using Batch.Client;

namespace Batch.Cli.Output;

/// <summary>The table of rejected rows of the user guide; the messages fold beside or under the rest where the terminal is narrower.</summary>
internal static class RejectedTable
{
    const int MaxObserved = 40;
    const int MaxEventId = 32;

    public static void Write(IEnumerable<RejectedRow> rows, TextWriter output, int width = 0, bool colour = false)
    {
        var table = new TextTable(width)
            .Column("ROW", 4).Column("EVENT_ID", 8, cutTo: 8).Column("COLUMN", 11, cutTo: 8).Column("TYPE", 11, cutTo: 9)
            .Column("ERROR", 19, cutTo: 16).Column("OBSERVED", 16, cutTo: 8).Column("MESSAGE", 84, wrap: true);
        foreach (var row in rows)
            table.Row(
                row.Row.ToString(CultureInfo.InvariantCulture), TextWidth.Cut(row.EventId ?? "", MaxEventId), row.Column, row.Type,
                row.Error, Observed(row), row.Message);
        table.Write(output, colour ? (_, column, cell) => column == 4 ? Colours.Bad(cell) : cell : null);
    }

    /// <summary>Errors by column and code, most first.</summary>
    public static void WriteSummary(IReadOnlyList<RejectedSummary> kinds, TextWriter output, int width = 0, bool colour = false)
    {
        var table = new TextTable(width)
            .Column("ERRORS", 8, right: true).Column("COLUMN", 11, cutTo: 8).Column("TYPE", 11, optional: true).Column("ERROR", 19)
            .Column("SAMPLE", 16, cutTo: 8);
        foreach (var kind in kinds)
            table.Row(Names.Number(kind.Count), kind.Column, kind.Type, kind.Error, Observed(kind.Sample, kind.Type, kind.Error));
        table.Write(output, colour ? (_, column, cell) => column == 3 ? Colours.Bad(cell) : cell : null);
    }

    public static string Observed(RejectedRow row) => Observed(row.Observed, row.Type, row.Error);

    /// <summary>
    /// What is not what it should be stands in quotes, so that a space or a letter like a digit can be seen. A list stands as it stood,
    /// and so does what is text but not the text of a string.
    /// </summary>
    static string Observed(string? text, string type, string error) => text switch
    {
        null or "" => "",
        _ when type == "VECTOR" || error is ErrorCodes.NotAString or ErrorCodes.UnsupportedType => TextWidth.Cut(text, MaxObserved),
        _ => TextWidth.Cut(CliJson.Quote(text), MaxObserved),
    };
}
