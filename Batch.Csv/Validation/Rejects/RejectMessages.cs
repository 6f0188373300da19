using System.Globalization;
using Batch.Csv.Schema;
using Batch.Csv.Validation.Parsing;

namespace Batch.Csv.Validation.Rejects;

/// <summary>The message for the owner of a rejected row: what is wrong and how to fix it.</summary>
/// <remarks>The first thirteen are the user guide's, word for word, with the column's name put in.</remarks>
public static class RejectMessages
{
    /// <summary>The message for an error in a column of which no more than name and type are known.</summary>
    public static string For(string errorCode, string column, string typeName) => errorCode switch
    {
        ErrorCodes.MissingColumn when column == SpecialColumns.EventId => "The required column 'event_id' is missing. Each event must have a unique event_id.",
        ErrorCodes.MissingColumn => $"The required column '{column}' is missing. Please include a valid {column} column.",
        ErrorCodes.InvalidTimestamp => $"The '{column}' value is invalid. Please provide a 32-bit Unix timestamp (integer).",
        ErrorCodes.InvalidEventId => $"The '{column}' value is invalid. Provide a non-empty string or integer identifier.",
        ErrorCodes.NotAFloat => $"The value for '{column}' is not a float. Provide a numeric value (e.g. 3.14).",
        ErrorCodes.NotAnInteger => $"The value for '{column}' is not an integer. Provide a whole number (e.g. 42).",
        ErrorCodes.NotABoolean => $"The value for '{column}' is not a boolean. Use true, false, 1, or 0.",
        ErrorCodes.NotAString => $"The value for '{column}' is not a string. Provide a text value.",
        ErrorCodes.NotACategory => $"The value for '{column}' is not a category. Provide a valid string category.",
        ErrorCodes.NotATimestamp => $"The value for '{column}' is not a timestamp. Use a 32-bit Unix timestamp.",
        ErrorCodes.NotAVector => $"The value for '{column}' is not a vector. Provide a list of numeric values.",
        ErrorCodes.ExtraColumn => $"The column '{column}' is not in the schema. Remove or update your schema.",
        ErrorCodes.NullValue => $"The column '{column}' is null or blank. Provide a valid value for this column.",
        ErrorCodes.UnsupportedType => $"The column '{column}' uses unsupported type '{typeName}'. Use a supported type.",
        ErrorCodes.OutOfRange => $"The value for '{column}' is out of range. Provide a value that fits the column's type.",
        ErrorCodes.PrecisionLoss =>
            $"The value for '{column}' has a fraction of a second, which the column does not keep. Write whole seconds, or make the column a string.",
        ErrorCodes.InvalidEncoding => $"The value for '{column}' is not valid text. Save the file as UTF-8, without NUL bytes.",
        ErrorCodes.MalformedQuotes => "The row has a quote inside an unquoted value, a quoted value that never ends, or text after a closing quote. "
            + "Put the value in quotes and write each quote inside it twice (\"\"), or load the file with quotes=literal.",
        ErrorCodes.FieldCount => "The row has fewer fields than the header line.",
        ErrorCodes.RepeatedHeader => "The row repeats the header line.",
        ErrorCodes.RowTooLong => "The row is longer than a row may be, and only its beginning is kept: it cannot be repaired from the export. "
            + "Shorten it in the file it came from, or look there for a missing line break or closing quote.",
        ErrorCodes.DuplicateColumn => $"The column '{column}' appears more than once in the header. Keep one of them.",
        ErrorCodes.BlankHeader => $"The header of '{column}' is blank. Give the column a name or remove it.",
        ErrorCodes.NoKnownColumn =>
            "The header line names none of the model's columns. Begin the file with a line of their names, and check the separator and the model.",
        _ => $"The value for '{column}' was rejected ({errorCode}).",
    };

    /// <summary>The message for an error in a model's column: where the schema asks for more than the type, it says so too.</summary>
    public static string For(string errorCode, Column column)
    {
        var message = For(errorCode, column.Name, column.TypeName);
        return errorCode switch
        {
            ErrorCodes.OutOfRange => $"The value for '{column.Name}' is out of range. {Range(column)}",
            ErrorCodes.InvalidTimestamp when column.Iso8601 => $"The '{column.Name}' value is invalid. Please provide {Iso8601}.",
            ErrorCodes.NotATimestamp when column.Iso8601 => $"The value for '{column.Name}' is not a timestamp. Use {Iso8601}.",
            ErrorCodes.InvalidTimestamp or ErrorCodes.NotATimestamp when column.DateTimeText =>
                message + " A date and time in UTC is accepted too (e.g. 2024-05-18 15:19:02).",
            ErrorCodes.NotAVector when column.Length is { } length =>
                message + string.Create(CultureInfo.InvariantCulture, $" It must hold exactly {length} of them."),
            _ => message,
        };
    }

    /// <summary>What is said of a row with another number of fields than the header line has.</summary>
    public static string FieldCount(int fields, int headerFields) => string.Create(CultureInfo.InvariantCulture,
        $"The row has {fields} {(fields == 1 ? "field" : "fields")} where the header has {headerFields}.");

    public const string TornRow = "The row may be a piece of a quoted value with line breaks: a line near it has an opening or closing quote too few. "
        + "Put that line right, and run both again.";

    public static string RepeatedHeader(long line) => string.Create(CultureInfo.InvariantCulture,
        $"The row repeats the header line: a second table seems to begin at line {line}. Split the file there, or take the line out.");
    const string Iso8601 = "an ISO 8601 date and time with an offset (e.g. 2024-05-18T15:19:02Z)";

    static string Range(Column column)
    {
        switch (column.Type)
        {
            case ColumnType.Integer:
                var (low, high) = IntegerRange.Of(column);
                return string.Create(CultureInfo.InvariantCulture, $"Provide a whole number from {low} to {high}.");
            case ColumnType.Timestamp:
                return "Provide a date and time from 1970-01-01T00:00:00Z to 2106-02-07T06:28:15Z.";
            default:
                var isNarrow = column.StorageType.Contains("32", StringComparison.Ordinal);
                var largest = isNarrow ? float.MaxValue.ToString(CultureInfo.InvariantCulture) : Text(double.MaxValue);
                return $"Provide a number from {Text(column.Minimum) ?? $"-{largest}"} to {Text(column.Maximum) ?? largest}.";
        }
    }

    static string? Text(double? bound) => bound?.ToString(CultureInfo.InvariantCulture);
}
