namespace Batch.Core.Csv;

/// <summary>How a file separates its fields. Quoting is always RFC 4180's, rows end with LF, CRLF or CR.</summary>
/// <param name="Delimiter"><c>,</c> <c>;</c> <c>|</c> or a tab.</param>
/// <param name="MaxRowBytes">A longer row is ROW_TOO_LONG. 1 MiB unless told.</param>
public readonly record struct CsvDialect(byte Delimiter = (byte)',', int MaxRowBytes = 1 << 20)
{
    public static CsvDialect Default => new((byte)',');
}
