using System.Globalization;
using System.Text.Json;
using Batch.Client;

namespace Batch.Cli.Tables;

/// <summary>The table of rejected rows of the user guide.</summary>
internal static class RejectedTable
{
    const int EventIdWidth = 8;
    const int ObservedWidth = 16;

    public static void Write(IEnumerable<RejectedRow> rows, TextWriter output)
    {
        var table = new TextTable()
            .Column("ROW", 4).Column("EVENT_ID", EventIdWidth).Column("COLUMN", 11).Column("TYPE", 11)
            .Column("ERROR", 19).Column("OBSERVED", ObservedWidth).Column("MESSAGE", 84);
        foreach (var row in rows)
            table.Row(
                row.Row.ToString(CultureInfo.InvariantCulture), JobTable.Cut(row.EventId ?? "", EventIdWidth + 8), row.Column, row.Type,
                row.Error, Observed(row), row.Message);
        table.Write(output);
    }

    /// <summary>Text stands in quotes, so that a space or nothing at all can be seen; a list as it stood.</summary>
    public static string Observed(RejectedRow row) => row.Observed switch
    {
        null => "",
        "" => "",
        var text when row.Type == "VECTOR" => JobTable.Cut(text, 40),
        var text => JobTable.Cut(JsonSerializer.Serialize(text, ObservedJson.Plain.String), 40),
    };
}
