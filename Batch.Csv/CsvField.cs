namespace Batch.Csv;

/// <summary>What a field's bytes say, quotes taken off.</summary>
public static class CsvField
{
    /// <summary>The field from its opening quote to its closing one; empty where it is not quoted.</summary>
    /// <param name="field">One field of a row without a fault, as <see cref="RowBatch"/> delimits it.</param>
    public static ReadOnlySpan<byte> Quoted(ReadOnlySpan<byte> field, CsvDialect dialect)
    {
        var start = dialect.SkipPadding(field, 0);
        if (start == field.Length || !dialect.IsQuote(field[start]))
            return default;
        var end = field.Length;
        while (dialect.IsPadding(field[end - 1]))
            end--;
        return field[start..end];
    }

    /// <summary>An unquoted <c>\N</c>: NULL, as ClickHouse, MySQL and PostgreSQL write it.</summary>
    public static bool IsNullMarker(ReadOnlySpan<byte> field) => field is [(byte)'\\', (byte)'N'];

    /// <summary>The field's value: <c>"say ""hi"""</c> is <c>say "hi"</c>; a field without quotes is itself.</summary>
    /// <param name="field">One field of a row without a fault, as <see cref="RowBatch"/> delimits it.</param>
    /// <param name="scratch">At least <c>field.Length - 2</c> bytes; written to only where a doubled quote occurs.</param>
    /// <returns>A slice of <paramref name="field"/>, or of <paramref name="scratch"/>.</returns>
    public static ReadOnlySpan<byte> Unquote(ReadOnlySpan<byte> field, CsvDialect dialect, Span<byte> scratch)
    {
        var quoted = Quoted(field, dialect);
        if (quoted.IsEmpty)
            return field;

        var inner = quoted[1..^1];
        var escape = inner.IndexOf(dialect.EscapeOrQuote);
        return escape < 0 ? inner : Unescape(inner, dialect.EscapeOrQuote, escape, scratch);
    }

    static ReadOnlySpan<byte> Unescape(ReadOnlySpan<byte> inner, byte escape, int at, Span<byte> scratch)
    {
        var written = 0;
        while (at >= 0)
        {
            inner[..at].CopyTo(scratch[written..]);
            scratch[written + at] = inner[at + 1];
            written += at + 1;
            inner = inner[(at + 2)..];
            at = inner.IndexOf(escape);
        }
        inner.CopyTo(scratch[written..]);
        return scratch[..(written + inner.Length)];
    }
}
