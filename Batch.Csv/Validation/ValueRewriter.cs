using System.Text;
using Batch.Csv.Dialects;
using Batch.Csv.Schema;

namespace Batch.Csv.Validation;

/// <summary>Writes the values of one column as its encoder reads them, where the file's dialect writes them in another way.</summary>
/// <remarks>
/// <code>
/// "1.234,50 €"   1234.50    decimal=, thousands=. currency=€
/// 1.23,5         1,23.5     no groups of three: what is left of the separators makes it no number
/// n/a            (blank)    null_values=n/a
/// it\'s          it's       quote=' escape=\
/// </code>
/// What is written is as long as what was there at most, but for <c>true</c> and <c>false</c>. The bytes that stand before each text tell whether it
/// was quoted, and let the parsers read sixteen bytes at once, as in a chunk.
/// </remarks>
sealed class ValueRewriter
{
    const int Before = 16, Longest = 8;

    readonly CsvDialect _dialect;
    readonly bool _trims;
    readonly byte[][] _nulls, _trues, _falses;
    readonly NumberRewriter? _number;
    byte[] _bytes = [];
    int _filled;

    ValueRewriter(CsvDialect dialect, FileDialect? values, bool isNumber, bool isBoolean)
    {
        (_dialect, _trims) = (dialect, values?.Trim == true);
        _nulls = Texts(values?.NullValues);
        (_trues, _falses) = isBoolean ? (Texts(values?.TrueValues), Texts(values?.FalseValues)) : ([], []);
        _number = isNumber ? NumberRewriter.Of(values) : null;
    }

    /// <summary>Null where the column's values stand in the file as its encoder reads them.</summary>
    public static ValueRewriter? Of(Column column, CsvDialect dialect, FileDialect? values)
    {
        var rewriter = new ValueRewriter(
            dialect, values, column.Type is ColumnType.Integer or ColumnType.Float or ColumnType.Decimal, column.Type is ColumnType.Boolean);
        return rewriter._trims || rewriter._nulls.Length + rewriter._trues.Length + rewriter._falses.Length > 0 || rewriter._number is not null
            || !dialect.HasUsualQuotes ? rewriter : null;
    }

    /// <summary>What the slices are slices of once they are rewritten.</summary>
    public ReadOnlySpan<byte> Text => _bytes.AsSpan(0, _filled);

    /// <summary>Rewrites one column of a batch.</summary>
    public void Rewrite(ReadOnlySpan<byte> chunk, Span<FieldSlice> slices)
    {
        // Room for all of them: the bytes do not move while slices of them are made, and wide reads stay within.
        var room = 64L + Before;
        foreach (var slice in slices)
            room += Before + Longest + slice.RawText(chunk).Length;
        if (_bytes.Length < room)
            _bytes = new byte[Math.Min(Array.MaxLength, 2 * room)];
        _filled = Before;
        foreach (ref var slice in slices)
            slice = Rewrite(chunk, slice);
        _filled += 64;
    }

    /// <summary>The same for one field, for which <see cref="Text"/> is good until the next one.</summary>
    public FieldSlice RewriteOne(ReadOnlySpan<byte> chunk, FieldSlice slice)
    {
        Span<FieldSlice> one = [slice];
        Rewrite(chunk, one);
        return one[0];
    }

    FieldSlice Rewrite(ReadOnlySpan<byte> chunk, FieldSlice slice)
    {
        if (slice.IsMissing || slice.IsOfFaultyRow)
            return slice;
        // A quote stands before a quoted text, and before nothing else.
        var isQuoted = _dialect.HasQuotes && slice.Start > 0 && chunk[slice.Start - 1] == _dialect.Quote;
        _bytes[_filled++] = isQuoted ? (byte)'"' : (byte)' ';
        var start = _filled;
        var text = slice.RawText(chunk);
        if (slice.IsEscaped)
        {
            var written = Unescape(text, _bytes.AsSpan(start));
            // As the encoders have it, where a quote is left: they know only the doubled one.
            text = _bytes.AsSpan(start, written);
        }
        if (_trims && !isQuoted)
            text = Parsing.FieldParsers.Trim(text);

        if (Contains(_nulls, text))
        {
            _bytes[start - 1] = (byte)' ';
            return FieldSlice.Plain(start, 0);
        }
        var length = Contains(_trues, text) ? Write("true"u8, start)
            : Contains(_falses, text) ? Write("false"u8, start)
            : _number is not null ? _number.Write(text, _bytes.AsSpan(start))
            : Write(text, start);
        _filled = start + length;
        return FieldSlice.Plain(start, length);
    }

    int Write(ReadOnlySpan<byte> text, int start)
    {
        text.CopyTo(_bytes.AsSpan(start));
        return text.Length;
    }

    int Unescape(ReadOnlySpan<byte> text, Span<byte> output)
    {
        var written = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == _dialect.EscapeOrQuote && i + 1 < text.Length)
                i++;
            output[written++] = text[i];
        }
        return written;
    }

    static bool Contains(byte[][] texts, ReadOnlySpan<byte> text)
    {
        foreach (var one in texts)
        {
            if (text.SequenceEqual(one))
                return true;
        }
        return false;
    }

    static byte[][] Texts(IReadOnlyList<string>? texts) => texts is null ? [] : [.. texts.Select(Encoding.UTF8.GetBytes)];
}
