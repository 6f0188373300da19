namespace Batch.Core.Csv;

/// <summary>What a field's bytes say, quotes taken off.</summary>
public static class CsvField
{
    const byte Quote = (byte)'"';

    /// <summary>The field starts with a quote: what it holds is text even where it looks blank or like a number.</summary>
    public static bool IsQuoted(ReadOnlySpan<byte> field) => field.Length > 0 && field[0] == Quote;

    /// <summary>The field's value: <c>"say ""hi"""</c> is <c>say "hi"</c>; a field without quotes is itself.</summary>
    /// <param name="field">One field of a row without a fault, as <see cref="RowBatch"/> delimits it.</param>
    /// <param name="scratch">At least <c>field.Length - 2</c> bytes; written to only where a doubled quote occurs.</param>
    /// <returns>A slice of <paramref name="field"/>, or of <paramref name="scratch"/>.</returns>
    public static ReadOnlySpan<byte> Unquote(ReadOnlySpan<byte> field, Span<byte> scratch)
    {
        if (!IsQuoted(field))
            return field;

        var inner = field[1..^1];
        var quote = inner.IndexOf(Quote);
        return quote < 0 ? inner : Undouble(inner, quote, scratch);
    }

    static ReadOnlySpan<byte> Undouble(ReadOnlySpan<byte> inner, int quote, Span<byte> scratch)
    {
        var written = 0;
        while (quote >= 0)
        {
            inner[..(quote + 1)].CopyTo(scratch[written..]);
            written += quote + 1;
            inner = inner[(quote + 2)..];
            quote = inner.IndexOf(Quote);
        }
        inner.CopyTo(scratch[written..]);
        return scratch[..(written + inner.Length)];
    }
}
