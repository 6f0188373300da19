namespace Batch.Csv;

/// <summary>What a quotation mark means where it is not a field's first or last byte.</summary>
public enum QuoteRule : byte
{
    /// <summary>It is a fault: MALFORMED_QUOTES. Spaces and tabs around a quoted field do not count.</summary>
    Strict,
    /// <summary>It is text (<c>5" pipe</c>), and so are spaces and tabs before a quote. Text after a closing quote is still a fault.</summary>
    Literal,
}

/// <summary>How a file is read. Quoting is RFC 4180's, rows end with LF, CRLF or CR.</summary>
/// <param name="Delimiter"><c>,</c> <c>;</c> <c>|</c> or a tab.</param>
/// <param name="MaxRowBytes">A longer row is ROW_TOO_LONG. Default: 1 MiB.</param>
/// <param name="Quotes">Default: strict.</param>
/// <param name="IsOneColumn">A blank line is a row with a blank value, as ClickHouse reads it; otherwise it is skipped.</param>
public readonly record struct CsvDialect(
    byte Delimiter = (byte)',', int MaxRowBytes = 1 << 20, QuoteRule Quotes = QuoteRule.Strict, bool IsOneColumn = false)
{
    public static CsvDialect Default => new((byte)',');

    /// <summary>Spaces and tabs around a quoted field that do not count; a tab that separates fields does.</summary>
    internal bool IsPadding(byte value) =>
        Quotes == QuoteRule.Strict && (value == (byte)' ' || (value == (byte)'\t' && Delimiter != (byte)'\t'));

    /// <summary>The offset of the first byte from <paramref name="at"/> on that is no padding.</summary>
    internal int SkipPadding(ReadOnlySpan<byte> text, int at)
    {
        while (at < text.Length && IsPadding(text[at]))
            at++;
        return at;
    }
}
