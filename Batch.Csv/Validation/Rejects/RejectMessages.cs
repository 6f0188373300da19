using System.Globalization;

namespace Batch.Csv.Validation.Rejects;

/// <summary>The message for the owner of a rejected row: what is wrong and how to fix it.</summary>
/// <remarks>The first thirteen are the user guide's, word for word, with the column's name put in.</remarks>
public static partial class RejectMessages
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
        ErrorCodes.NotADate => $"The value for '{column}' is not a date. Write it as 2024-05-18.",
        ErrorCodes.NotADecimal => $"The value for '{column}' is not a decimal number. Provide a numeric value (e.g. 3.14).",
        ErrorCodes.NotATime => $"The value for '{column}' is not a time. Write hours, minutes and seconds (e.g. 15:19:02).",
        ErrorCodes.NotAUuid => $"The value for '{column}' is not a UUID. Write its 32 hex digits, with the dashes or without any, and without braces.",
        ErrorCodes.NotAnIpAddress => $"The value for '{column}' is not an IP address. Write it without a port or a prefix (e.g. 192.0.2.1).",
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

    /// <summary>What is said of a row with another number of fields than the header line has.</summary>
    public static string FieldCount(int fields, int headerFields) => string.Create(CultureInfo.InvariantCulture,
        $"The row has {fields} {(fields == 1 ? "field" : "fields")} where the header has {headerFields}.");

    public const string TornRow = "The row may be a piece of a quoted value with line breaks: a line near it has an opening or closing quote too few. "
        + "Put that line right, and run both again.";

    public static string RepeatedHeader(long line) => string.Create(CultureInfo.InvariantCulture,
        $"The row repeats the header line: a second table seems to begin at line {line}. Split the file there, or take the line out.");
}
