namespace Batch.Csv;

/// <summary>What is said about files that cannot be read: one place for codes and sentences.</summary>
static class FileFaults
{
    public static CsvFileException Empty() =>
        new("EMPTY_FILE", "The file is empty. Send a header line, and rows below it.");

    public static CsvFileException Encoding(string name) =>
        new("UNSUPPORTED_ENCODING",
            $"The file seems to be {name}, without a byte order mark that says so. Add --encoding {name} (in a request: encoding={name}).");

    public static CsvFileException HeaderNotUtf8() =>
        new("UNSUPPORTED_ENCODING",
            "The header line is not valid UTF-8. If the file is in another encoding, name it: --encoding windows-1252 (in a request: encoding=windows-1252).");

    public static CsvFileException Binary() =>
        new("BINARY_FILE", "The file contains NUL bytes: it is not text. Send a CSV file in UTF-8.");

    public static CsvFileException LooksLike(string kind, string remedy) =>
        new("BINARY_FILE", $"The file looks like {kind}, not like CSV. {remedy}");

    /// <summary>Before a quote, which then is none; before a plain name it is part of that, and is named with it.</summary>
    public static CsvFileException SecondByteOrderMark() =>
        new("MALFORMED_HEADER", "There is a second byte order mark (U+FEFF, which is invisible) before the first name of the header line. Remove it.");
    public static CsvFileException Json() =>
        new("JSON_FILE", "The file is JSON, not CSV: it begins with an object or a list. Export it as CSV with a header line and send that.");

    public static CsvFileException MalformedHeader() =>
        new("MALFORMED_HEADER",
            "The quotes of the header line do not match. A name in quotes ends with a quote right before the separator; a quote within it is doubled.");

    public static CsvFileException Ambiguous(string one, string other) =>
        new("AMBIGUOUS_DIALECT",
            $"The header line reads as the model's columns in two ways: {one}, and {other}. Say which one it is, for example with --delimiter (in a request: delimiter=).");

    public static CsvFileException HeaderTooLong(CsvDialect dialect) =>
        new("HEADER_TOO_LONG", FormattableString.Invariant(
            $"The header line is longer than {dialect.MaxRowBytes:N0} bytes. Is this a CSV file with line breaks?"));

    public static CsvFileException TooManyColumns(int columns, int limit) =>
        new("TOO_MANY_COLUMNS", FormattableString.Invariant(
            $"The header line has {columns:N0} columns; {limit:N0} are allowed. Is the separator right?"));
}
