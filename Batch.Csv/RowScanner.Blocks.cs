using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Batch.Csv;

sealed partial class RowScanner
{
    /// <summary>Rows that end in one block, at most: a row has a byte and a line break.</summary>
    const int RowsPerBlock = ByteBlock.Size / 2;

    /// <summary>Counts the rows of whole blocks; stops before a limit, or at a row for <see cref="RowBoundaryFinder"/>.</summary>
    void ScanBlocks(ReadOnlySpan<byte> data, int endLimit, int rowLimit)
    {
        ref var bytes = ref MemoryMarshal.GetReference(data);
        var grammar = BlockGrammar.AtRowStart(_afterCr);
        var (begin, position, rowStart, rows, lines) = (RowStart, RowStart, RowStart, Rows, Lines);
        var quotedLines = 0L;
        var (lastPosition, lastRows) = (Math.Min(data.Length, endLimit) - ByteBlock.Size, rowLimit - RowsPerBlock);
        var (delimiter, quote, rule) = (dialect.Delimiter, dialect.Quote, dialect.Quotes);
        var (maxRowBytes, knownUntil) = (dialect.MaxRowBytes, _boundaries.KnownUntil);

        while (position <= lastPosition && rows <= lastRows)
        {
            grammar.Next(ref Unsafe.Add(ref bytes, position), delimiter, quote, rule);
            var bad = grammar.Wrong | (position < knownUntil ? grammar.QuotedBreaks : 0);
            if (bad != 0)
                grammar.CutAt(bad);

            // Only the row in hand may be too long: the others are within the block.
            var (ends, starts) = (grammar.RowEnds, grammar.RowStarts);
            if (position + ByteBlock.Lowest(ends) - rowStart > maxRowBytes)
                break;

            // Starts and ends alternate. Where an end comes last, the next row starts behind the block at the earliest.
            rows += BitOperations.PopCount(ends);
            if (starts > ends)
                rowStart = position + 63 - BitOperations.LeadingZeroCount(starts);
            else if (ends != 0 || rowStart == position)
                rowStart = position + ByteBlock.Size;
            if (bad != 0)
            {
                var taken = ByteBlock.Below(Math.Max(0, rowStart - position));
                lines += BitOperations.PopCount(grammar.Lines & taken);
                quotedLines += BitOperations.PopCount(grammar.QuotedLines & taken);
                position = Math.Max(position, rowStart);
                break;
            }
            lines += BitOperations.PopCount(grammar.Lines);
            if (grammar.QuotedLines != 0)
                quotedLines += BitOperations.PopCount(grammar.QuotedLines);
            position += ByteBlock.Size;
        }

        _walked += position - begin;
        if (rowStart > begin)
            _afterCr = data[rowStart - 1] == (byte)'\r';
        (RowStart, Rows) = (rowStart, rows);
        // Of the row in hand all line breaks are inside quotes, and will be counted again.
        var again = rowStart < position ? LineBreaks.Count(data[rowStart..position]) : 0;
        (Lines, _quotedLines) = (lines - again, _quotedLines + quotedLines - again);
    }
}
