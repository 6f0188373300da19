namespace Batch.Csv;

/// <summary>The grammar of a file, byte by byte: what <see cref="CsvTokenizer"/> and the chunker must agree with.</summary>
/// <remarks>
/// Kept to be read and to be tested against; BATCH_CSV=scalar puts it to work. A row is read on its own, from its first byte:
/// <code>
/// a,"b ""c""\nd",e\r\n    one row of three fields; the line break inside the quotes is text
/// a, "b,c" ,d\n           one row of three fields; the spaces around the quotes do not count
/// a,b"c,d\n               a quote inside a field: MALFORMED_QUOTES, and the row is this line only; with quotes=literal it is text
/// "a"b,c\n                a closing quote must end its field: MALFORMED_QUOTES, and the row is this line only
/// "a,b\nc,d\n             never closed: MALFORMED_QUOTES for the line "a,b — the next row is c,d
/// </code>
/// Hostile files make it look at most bytes many times over; the other one does not.
/// </remarks>
public sealed class ScalarCsvTokenizer(CsvDialect dialect)
{
    /// <inheritdoc cref="CsvTokenizer.Read"/>
    public int Read(ReadOnlySpan<byte> chunk, int offset, ref int line, RowBatch batch)
    {
        batch.Clear();
        while (offset < chunk.Length)
        {
            if (!dialect.IsOneColumn && LineBreaks.LengthAt(chunk, offset) is var length and > 0)
            {
                offset += length;
                line++;
                continue;
            }
            if (dialect.CommentEnd(chunk, offset, isFinal: true, out _) is var comment and >= 0)
            {
                offset = comment;
                if (dialect.IsOneColumn && LineBreaks.LengthAt(chunk, offset) is var ending and > 0)
                {
                    offset += ending;
                    line++;
                }
                continue;
            }
            if (batch.RowCount == batch.Rows.Length)
                break;

            var row = new RowSpan { Start = offset, FirstField = batch.FieldCount, Line = line };
            var lineEnd = LineEnd(chunk, offset);
            int next;
            if (lineEnd - offset > dialect.MaxRowBytes)
            {
                // What follows is dropped from a chunk; the row's first MaxRowBytes + 1 bytes tell all there is to tell.
                (row.Fault, row.End, next) = (RowFault.TooLong, offset + dialect.MaxRowBytes + 1, lineEnd);
            }
            else if (TrySplit(chunk, offset, batch, out var end))
            {
                (row.End, next) = (end, end);
            }
            else
            {
                batch.FieldCount = row.FirstField;
                (row.Fault, row.End, next) = (RowFault.MalformedQuotes, lineEnd, lineEnd);
            }

            if (batch.FieldCount > batch.FieldEnds.Length)
            {
                batch.FieldCount = row.FirstField;
                if (batch.RowCount > 0)
                    break;
                Array.Resize(ref batch.FieldEnds, 2 * batch.FieldEnds.Length + 1);
                continue;
            }

            row.FieldCount = batch.FieldCount - row.FirstField;
            batch.Faults += row.Fault == RowFault.None ? 0 : 1;
            batch.Rows[batch.RowCount++] = row;
            while (offset < next)
            {
                var breakLength = LineBreaks.LengthAt(chunk, offset);
                line += breakLength > 0 ? 1 : 0;
                offset += Math.Max(1, breakLength);
            }
            // The next row, blank or not, begins behind the line break that ends this one.
            if (dialect.IsOneColumn && LineBreaks.LengthAt(chunk, offset) is var terminator and > 0)
            {
                offset += terminator;
                line++;
            }
        }
        return offset;
    }

    /// <summary>Fields of the row at <paramref name="start"/>, which may span lines. False: quotes are wrong, or it is too long.</summary>
    /// <remarks>Counts every field, and notes those for which the batch has room.</remarks>
    bool TrySplit(ReadOnlySpan<byte> chunk, int start, RowBatch batch, out int end)
    {
        for (end = start; ; end++)
        {
            var first = dialect.SkipPadding(chunk, end);
            if (first < chunk.Length && dialect.IsQuote(chunk[first]))
            {
                end = first;
                if (!TrySkipQuoted(chunk, ref end))
                    return false;
            }
            else
            {
                var fieldStart = end;
                while (!AtFieldEnd(chunk, end))
                    end++;
                if (dialect.IsFaultyUnquoted(chunk[fieldStart..end]))
                    return false;
            }

            if (end - start > dialect.MaxRowBytes)
                return false;
            if (batch.FieldCount < batch.FieldEnds.Length)
                batch.FieldEnds[batch.FieldCount] = end;
            batch.FieldCount++;
            if (!dialect.IsDelimiterAt(chunk, end))
                return true;
            end += dialect.DelimiterLength - 1;
        }
    }

    /// <summary>From an opening quote to past the closing one, which must end the field.</summary>
    bool TrySkipQuoted(ReadOnlySpan<byte> chunk, ref int position)
    {
        for (position++; position < chunk.Length; position++)
        {
            if (dialect.Escape != 0 && chunk[position] == dialect.Escape)
            {
                position++;
                if (position == chunk.Length || (chunk[position] != dialect.Quote && chunk[position] != dialect.Escape))
                    return false;
                continue;
            }
            if (chunk[position] != dialect.Quote)
                continue;
            position++;
            if (dialect.Escape == 0 && position < chunk.Length && chunk[position] == dialect.Quote)
                continue;
            position = dialect.SkipPadding(chunk, position);
            return AtFieldEnd(chunk, position);
        }
        return false;
    }

    bool AtFieldEnd(ReadOnlySpan<byte> chunk, int position) =>
        position == chunk.Length || dialect.IsDelimiterAt(chunk, position) || chunk[position] is (byte)'\n' or (byte)'\r';

    static int LineEnd(ReadOnlySpan<byte> chunk, int position)
    {
        while (position < chunk.Length && chunk[position] is not ((byte)'\n' or (byte)'\r'))
            position++;
        return position;
    }
}
