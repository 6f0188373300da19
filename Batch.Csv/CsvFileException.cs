namespace Batch.Csv;

/// <summary>A file that cannot be read as CSV at all. A caller's mistake: it becomes a 400 problem.</summary>
/// <param name="code">
/// EMPTY_FILE, UNSUPPORTED_ENCODING, BINARY_FILE, JSON_FILE, MALFORMED_HEADER, HEADER_TOO_LONG, TOO_MANY_COLUMNS, AMBIGUOUS_DIALECT;
/// INVALID_GZIP where the body was to be decompressed first; of inference BLANK_HEADER, DUPLICATE_COLUMN, INVALID_COLUMN_NAME and NO_HEADER too.
/// </param>
/// <param name="message">What is wrong and how to fix it.</param>
public sealed class CsvFileException(string code, string message) : Exception(message)
{
    public string Code { get; } = code;
}
