using Batch.Client;

namespace Batch.Cli;

/// <summary>All codes there are: of rejected rows, headers, files, failed jobs and refused requests. <c>docs/error-codes.md</c> is written from this.</summary>
internal static partial class CodeGuides
{
    public static IReadOnlyList<CodeGuide> All { get; } = [.. Rows, .. Headers, .. Files, .. Jobs, .. Requests];

    /// <summary>Codes that entries of rejected rows may have.</summary>
    public static IEnumerable<string> RowCodes => All.Where(guide => guide.Kind is "row" or "header").Select(guide => guide.Code);

    public static CodeGuide? Find(string code) =>
        All.FirstOrDefault(guide => guide.Code.Equals(code.Trim().Replace('-', '_'), StringComparison.OrdinalIgnoreCase));

    static CodeGuide Row(string code, string what, string why, string fix, string? example = null) => new(code, "row", what, why, fix, example);

    static IEnumerable<CodeGuide> Rows =>
    [
        Row(ErrorCodes.MissingColumn,
            "The row, or the whole file, lacks a column that the model requires.",
            "The row has fewer fields than the header line, for example because a separator was lost or the file was cut off. With row 0 it is the header line that lacks the column.",
            "Add the value, or the column with its exact name. If it may be missing, make it optional: Nullable(...), or leave it out of \"required\"."),
        Row(ErrorCodes.InvalidTimestamp,
            "The value in the column 'timestamp' is not a time as the model wants it.",
            "It is in milliseconds instead of seconds, negative, beyond the year 2106, or a date where the model wants Unix seconds; or, where it wants ISO 8601 (format date-time), digits alone or a time without an offset.",
            "'batch model describe' says which: whole seconds since 1970, 0 to 4294967295; or ISO 8601 with an offset, 2024-05-18T15:19:02Z. To have ISO 8601 in the file, declare the column as string with format date-time.",
            "yesterday, 2023-01-01, 1716045542000"),
        Row(ErrorCodes.InvalidEventId,
            "The event has no identifier.",
            "The column 'event_id' is blank in this row.",
            "Give every row a non-empty event_id."),
        Row(ErrorCodes.NotAFloat,
            "The value is not a number.",
            "It has a currency sign, a thousands separator, a decimal comma, a unit or text in it; or it is NaN or Infinity, which a model must allow (allow_non_finite).",
            "Write decimals with a point and no separators: 3.14, -0.5, 1e9.",
            "abc, 1,234.50, 3,14, NaN"),
        Row(ErrorCodes.NotAnInteger,
            "The value is not a whole number.",
            "It has a decimal point, even with nothing after it, a thousands separator, or text.",
            "Write digits with an optional sign: 42, -7. If fractions are meant, declare the column as Float64.",
            "3.14, 1 000, 0x1F"),
        Row(ErrorCodes.NotABoolean,
            "The value is not true or false.",
            "It is yes, no, Y, N, on, off or some other word.",
            "Use true, false, 1 or 0, in small or capital letters.",
            "maybe, yes"),
        Row(ErrorCodes.NotAString,
            "The value is not text.",
            "The input says of itself that it is a number or something else than text. Values of a CSV file are all text, so this does not come from CSV.",
            "Provide a text value."),
        Row(ErrorCodes.NotACategory,
            "The value is not one of those that the model allows in this column.",
            "It is spelled in another way (capitals and spaces count), or it is new.",
            "Use one of the allowed values ('batch model describe' lists them), or add the value to the model and reprocess.",
            "CA where only US and UK are allowed"),
        Row(ErrorCodes.NotATimestamp,
            "The value is not a time as the model wants it.",
            "It is in milliseconds instead of seconds, negative, beyond the year 2106, or a date where the model wants Unix seconds; or, where it wants ISO 8601 (format date-time), digits alone or a time without an offset.",
            "'batch model describe' says which: whole seconds since 1970, 0 to 4294967295; or ISO 8601 with an offset, 2024-05-18T15:19:02Z. To have ISO 8601 in the file, declare the column as string with format date-time.",
            "2023-01-01"),
        Row(ErrorCodes.NotAVector,
            "The value is not a list of numbers.",
            "It has text in it, lacks its brackets, or has another length than the model asks for. A list holds commas, so in a CSV file it stands in quotes.",
            "Write it as a JSON list in quotes: \"[1, 2.5, 3]\".",
            "[1, \"a\", 3]"),
        Row(ErrorCodes.ExtraColumn,
            "There is a value, or a column, that the model does not know.",
            "The row has more fields than the header line, often because a text with a comma in it is not in quotes. With row 0 the header line has a column that is not in the model.",
            "Put the text in quotes. A column that the header line names can be removed, added to the model, or passed over with --ignore-extra-columns; a value too many in a row cannot."),
        Row(ErrorCodes.NullValue,
            "The value is blank, and the model requires one.",
            "The field is empty.",
            "Fill it in, for all rows at once with 'batch job reprocess JOB --only NULL_VALUE --set COLUMN=VALUE'; or make the column optional: Nullable(...), or leave it out of \"required\"."),
        Row(ErrorCodes.UnsupportedType,
            "The column has a type that Batch does not know.",
            "The schema names a type outside the table of types. Such a model is refused when it is created.",
            "Use a supported type; docs/schemas.md lists them."),
        Row(ErrorCodes.OutOfRange,
            "It is a number, but not one that fits.",
            "It is beyond what the column's width can hold (Int8 ends at 127), or beyond the model's minimum or maximum.",
            "Correct the value, or widen the column: 'batch model update' takes Int32 to Int64 and the like without touching what is stored.",
            "300 in an Int8"),
        Row(ErrorCodes.PrecisionLoss,
            "The time has a fraction of a second, which the column does not keep.",
            "The model has a TIMESTAMP, which holds whole seconds. A fraction of zero (.000) is no loss and is accepted.",
            "Write whole seconds, or declare the column as string to keep the text as it is.",
            "2024-05-18T15:19:02.250Z"),
        Row(ErrorCodes.InvalidEncoding,
            "The value is not UTF-8 text, or holds a NUL byte.",
            "The file, or a part of it, was written as Latin-1, Windows-1252 or the like.",
            "Convert the file: iconv -f WINDOWS-1252 -t UTF-8 old.csv > new.csv"),
        Row(ErrorCodes.MalformedQuotes,
            "The quotes of the row do not match.",
            "An unquoted value has a quote in it, or a quoted value never ends or goes on after its closing quote. Or the row is whole, but may be a piece of a value with line breaks of which a quote is missing in a line near it.",
            "Put the value in quotes and write each quote inside it twice (\"\"). Where quotes are ordinary characters, as in 5\" pipe, load the file with --quotes literal. Reading resumes at the next line.",
            "5\" pipe, \"say \"hi\"\""),
        Row(ErrorCodes.FieldCount,
            "The row has fewer fields than the header line.",
            "A separator was lost, a text was broken into two lines without quotes around it, or the file was cut off. None of the columns left out is required, or the code would be MISSING_COLUMN.",
            "Complete the row. Where short rows are meant to end in blanks, load the file with --short-rows pad."),
        Row(ErrorCodes.RepeatedHeader,
            "The row repeats the header line.",
            "Two files were put together, or an export wrote its header line more than once: a second table seems to begin there.",
            "Split the file at that line, or take the line out. The other rows are loaded."),
        Row(ErrorCodes.RowTooLong,
            "The row is longer than a row may be (1 MiB).",
            "A line break or a closing quote is missing, so that many rows look like one.",
            "Look for the missing line break or quote at the line given, or shorten the row, in the file it came from: only the beginning of the row is kept, so it cannot be repaired from the export."),
    ];

    static IEnumerable<CodeGuide> Headers =>
    [
        new(ErrorCodes.DuplicateColumn, "header", "Two columns of the file have the same name.",
            "The file was joined from others, or exported with the same field twice.", "Remove or rename one of them; no row was loaded."),
        new(ErrorCodes.BlankHeader, "header", "A column of the file has no name.",
            "There is a separator too many at the end of the header line, or a spreadsheet wrote an empty column.",
            "Name the column or remove it, or submit with --ignore-extra-columns."),
        new(ErrorCodes.NoKnownColumn, "header", "The header line names none of the model's columns.",
            "The file has no header line, another separator than was said, or is of another model; with extra columns ignored, that would load rows of nothing but NULL.",
            "Begin the file with a line of the column names; check --delimiter and the model."),
    ];

    static IEnumerable<CodeGuide> Files =>
    [
        File("EMPTY_FILE", "The file has nothing in it.", "It has no bytes, or only blank lines.", "Send a header line, and rows below it."),
        File("UNSUPPORTED_ENCODING", "The file is not UTF-8.", "It is UTF-16 or UTF-32, its header line has letters in another encoding, or the request says another charset.",
            "Convert it: iconv -f UTF-16 -t UTF-8 old.csv > new.csv"),
        File("BINARY_FILE", "The file is not text.", "It is a spreadsheet, an archive or some other format.", "Export it as CSV and send that."),
        File("JSON_FILE", "The file is JSON.", "It begins with an object or a list, as NDJSON and JSON exports do.", "Export it as CSV with a header line and send that."),
        File("NO_HEADER", "The first line seems to be a row, not a header line.",
            "Its values fit the types of the columns below it, so a schema would take them for names. Said by 'batch schema', 'batch model create --from' and POST /schema.",
            "Put a line of column names before it; where they are the names, say --header present (header=present)."),
        File("INVALID_COLUMN_NAME", "The header line has a name that no column of a model can have.",
            "It is taken in every table (_row, _job_id, …), too long, or holds a control character or a byte order mark. Said where a schema is taken from a file.",
            "Rename the column, or leave it out with --ignore-extra-columns (extra_columns=ignore)."),
        File("MALFORMED_HEADER", "The quotes of the header line do not match.", "A name in quotes never ends, or goes on after its closing quote.", "Close the quote; write a quote inside a name twice (\"\")."),
        File("HEADER_TOO_LONG", "The header line is longer than a row may be.", "The file has no line breaks, or is not CSV.", "Check that it is a CSV file with a header line."),
        File("TOO_MANY_COLUMNS", "The header line has more than 10,000 columns.", "The separator is not what was said, or the file is not CSV.", "Check --delimiter, and that it is a CSV file."),
        File("INVALID_GZIP", "The compressed file cannot be read.", "It is damaged or cut off, its checksum does not match, something else than gzip or zeros follows it, or it is compressed several times over.", "Compress it again: gzip -k data.csv; gzip -t checks it."),
        File("NOT_AN_EXPORT", "The file for reprocessing does not begin with the columns _row and _errors.", "It is an ordinary file, or the two columns were removed.",
            "Take it from 'batch job rejected JOB --output csv' and leave these columns; submit any other file with 'batch job create'."),
        File("INVALID_ROW_NUMBER", "A row of a file for reprocessing is none that the job rejected, is repaired already, or stands out of order.",
            "A number in _row was changed or made up, rows were sorted or doubled, or the file was sent before.",
            "Leave the column _row as it is, and the rows in their order; take rows out that are repaired, or give --again."),
        File("UNREADABLE_ROW", "What stands behind the columns _row and _errors is not one row.", "A quote in it is open, or closed too early.",
            "Put the quotes of that row right, and send the file again."),
        File("ROW_WAS_CUT", "A row of an export that comes back is not whole.", "It was longer than 1 MiB (ROW_TOO_LONG), and the export has only its beginning.",
            "Take the row out of the export; shorten it in the file it came from, and upload it from there."),
        File("MORE_THAN_ONE_FILE", "The form has more than one file.", "Several parts of it are files.", "Send one file in each request; 'batch job create' takes several."),
        File("FILE_MISSING", "The form has no file.", "Its part is not called 'file', or there is none.", "curl -F 'model_id=…' -F 'file=@data.csv'"),
        File("FIELD_AFTER_FILE", "A field of the form stands after the file.", "The file is read as it comes, so what follows it would be too late.", "Put model_id and all other fields before the file, or into the query."),
    ];

    static CodeGuide File(string code, string what, string why, string fix) => new(code, "file", what, why, fix);
}
