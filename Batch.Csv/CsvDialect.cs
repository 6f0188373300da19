using System.Text;

namespace Batch.Csv;

/// <summary>What a quotation mark means where it is not a field's first or last byte.</summary>
public enum QuoteRule : byte
{
    /// <summary>It is a fault: MALFORMED_QUOTES. Spaces and tabs around a quoted field do not count.</summary>
    Strict,
    /// <summary>It is text (<c>5" pipe</c>), and so are spaces and tabs before a quote. Text after a closing quote is still a fault.</summary>
    Literal,
    /// <summary>No byte is a quotation mark, wherever it is.</summary>
    None,
}

/// <summary>How a file is read. Quoting is RFC 4180's, rows end with LF, CRLF or CR.</summary>
/// <param name="Delimiter">Between fields; the first byte of it, if it has several (<paramref name="DelimiterRest"/>).</param>
/// <param name="MaxRowBytes">A longer row is ROW_TOO_LONG. Default: 1 MiB.</param>
/// <param name="Quotes">Default: strict.</param>
/// <param name="IsOneColumn">A blank line is a row with a blank value, as ClickHouse reads it; otherwise it is skipped.</param>
/// <param name="Quote">Around a field.</param>
/// <param name="Escape">Within quotes: the byte before a quote, or before itself, that makes it text; 0: a quote is doubled.</param>
/// <param name="DelimiterRest">The bytes of the delimiter after its first.</param>
/// <param name="Comment">What lines begin with that are no rows.</param>
public readonly record struct CsvDialect(
    byte Delimiter = (byte)',', int MaxRowBytes = 1 << 20, QuoteRule Quotes = QuoteRule.Strict, bool IsOneColumn = false,
    byte Quote = (byte)'"', byte Escape = 0, ShortText DelimiterRest = default, ShortText Comment = default)
{
    public static CsvDialect Default => new((byte)',');

    /// <summary>The 64-byte blocks know its grammar; otherwise a file is read row by row.</summary>
    internal bool FitsBlocks => Escape == 0 && DelimiterRest.IsEmpty && Comment.IsEmpty;

    /// <summary>A quoted text is what the encoders of columns know: <c>"</c>, and doubled.</summary>
    internal bool HasUsualQuotes => Escape == 0 && Quote == (byte)'"' && !BelongsToDelimiter(Quote);

    /// <summary>In bytes.</summary>
    public int DelimiterLength => 1 + DelimiterRest.Length;

    /// <summary>What stands before a byte within quotes that is text: the escape, or the quote where that is doubled.</summary>
    internal byte EscapeOrQuote => Escape == 0 ? Quote : Escape;

    public bool HasQuotes => Quotes != QuoteRule.None;

    internal bool IsQuote(byte value) => value == Quote && Quotes != QuoteRule.None;

    /// <summary>An unquoted field has a quote in it, or an escape: what that makes of the next byte, only quotes tell. <c>\N</c> is NULL.</summary>
    internal bool IsFaultyUnquoted(ReadOnlySpan<byte> field) => Quotes == QuoteRule.Strict
        && (field.Contains(Quote) || (Escape != 0 && field.Contains(Escape) && !CsvField.IsNullMarker(field[SkipPadding(field, 0)..])));

    internal bool IsDelimiterAt(ReadOnlySpan<byte> text, int at) =>
        at < text.Length && text[at] == Delimiter && (DelimiterRest.IsEmpty || DelimiterRest.IsAt(text, at + 1));

    /// <summary>Where the first delimiter is; -1 where there is none.</summary>
    internal int IndexOfDelimiter(ReadOnlySpan<byte> text)
    {
        if (DelimiterRest.IsEmpty)
            return text.IndexOf(Delimiter);
        for (var at = 0; ; at++)
        {
            var next = text[at..].IndexOf(Delimiter);
            if (next < 0)
                return -1;
            at += next;
            if (DelimiterRest.IsAt(text, at + 1))
                return at;
        }
    }

    /// <summary>How many delimiters the text has, those within quotes too.</summary>
    internal int CountDelimiters(ReadOnlySpan<byte> text)
    {
        if (DelimiterRest.IsEmpty)
            return text.Count(Delimiter);
        var count = 0;
        for (int at; (at = IndexOfDelimiter(text)) >= 0; text = text[(at + DelimiterLength)..])
            count++;
        return count;
    }

    /// <summary>The delimiter's bytes.</summary>
    public byte[] DelimiterBytes() => [Delimiter, .. DelimiterRest.ToArray()];

    /// <summary>Spaces and tabs around a quoted field that do not count; those that separate fields do.</summary>
    internal bool IsPadding(byte value) => Quotes == QuoteRule.Strict && value is (byte)' ' or (byte)'\t' && !BelongsToDelimiter(value);

    bool BelongsToDelimiter(byte value) => value == Delimiter || (!DelimiterRest.IsEmpty && DelimiterRest.Contains(value));

    /// <summary>The offset of the first byte from <paramref name="at"/> on that is no padding.</summary>
    internal int SkipPadding(ReadOnlySpan<byte> text, int at)
    {
        while (at < text.Length && IsPadding(text[at]))
            at++;
        return at;
    }

    /// <summary>The line at <paramref name="at"/>, where a row could begin, is a comment: where it ends; otherwise -1.</summary>
    /// <remarks>A line longer than a row may be is none, so that there is an end to looking for the end of one.</remarks>
    internal int CommentEnd(ReadOnlySpan<byte> text, int at, bool isFinal, out bool isUndecided)
    {
        isUndecided = false;
        if (Comment.IsEmpty)
            return -1;
        var line = text[at..];
        if (!Comment.IsAt(text, at))
        {
            isUndecided = !isFinal && line.Length < Comment.Length && Comment.StartsWith(line);
            return -1;
        }
        if (line.Length > MaxRowBytes)
            line = line[..(MaxRowBytes + 1)];
        var length = line.IndexOfAny((byte)'\n', (byte)'\r');
        if (length >= 0)
            return at + length;
        if (line.Length > MaxRowBytes)
            return -1;
        isUndecided = !isFinal;
        return isFinal ? text.Length : -1;
    }

    /// <summary>A text as it may stand between two delimiters.</summary>
    public byte[] FieldOf(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        if (!HasQuotes)
        {
            for (var i = 0; i < bytes.Length; i++)
                bytes[i] = bytes[i] is (byte)'\n' or (byte)'\r' || bytes[i] == Delimiter ? (byte)' ' : bytes[i];
            return bytes;
        }
        var mustQuote = IndexOfDelimiter(bytes) >= 0 || bytes.AsSpan().IndexOfAny((byte)'\n', (byte)'\r', Quote) >= 0
            || (Escape != 0 && bytes.Contains(Escape)) || (!Comment.IsEmpty && Comment.IsAt(bytes, 0));
        return mustQuote ? QuotedFieldOf(bytes) : bytes;
    }

    /// <summary>A text in quotes, whatever it is.</summary>
    public byte[] QuotedFieldOf(ReadOnlySpan<byte> text)
    {
        var field = new List<byte>(text.Length + 2) { Quote };
        foreach (var value in text)
        {
            if (value == Quote || (value == Escape && Escape != 0))
                field.Add(EscapeOrQuote);
            field.Add(value);
        }
        field.Add(Quote);
        return [.. field];
    }
}
