using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Batch.Csv;

public sealed partial class CsvTokenizer
{
    /// <summary>A block ends 32 rows at most (a row has a byte and a line break), and one more may come from <see cref="RowBoundaryFinder"/>.</summary>
    const int RowsPerBlock = ByteBlock.Size / 2 + 1;

    /// <summary>A block ends 64 fields at most, and they are written eight at a time.</summary>
    const int FieldsPerBlock = ByteBlock.Size + 8;

    const int MinRows = RowsPerBlock;
    const int MinFieldEnds = 2 * FieldsPerBlock;

    static bool HasRoom(RowBatch batch) => batch.RowCount == 0
        || (batch.Rows.Length - batch.RowCount >= RowsPerBlock && batch.FieldEnds.Length - batch.FieldCount >= FieldsPerBlock);

    /// <summary>Takes the rows that end within whole blocks, from the row start at <paramref name="offset"/> on.</summary>
    /// <returns>
    /// Where the first row starts that was not taken, or line breaks before it. It is for <see cref="RowBoundaryFinder"/>, or does not end within the last
    /// whole block, or the batch has no room.
    /// </returns>
    int TakeBlocks(ReadOnlySpan<byte> chunk, int offset, ref int line, RowBatch batch)
    {
        ref var bytes = ref MemoryMarshal.GetReference(chunk);
        ref var fieldEnds = ref MemoryMarshal.GetArrayDataReference(batch.FieldEnds);
        ref var rows = ref MemoryMarshal.GetArrayDataReference(batch.Rows);
        var grammar = BlockGrammar.AtRowStart(IsAfterCr(chunk, offset));
        var (position, rowStart, rowLine, lines) = (offset, offset, line, line);
        var (rowCount, fieldCount, firstField) = (batch.RowCount, batch.FieldCount, batch.FieldCount);
        var (lastPosition, lastRow, lastField) =
            (chunk.Length - ByteBlock.Size, batch.Rows.Length - RowsPerBlock, batch.FieldEnds.Length - FieldsPerBlock);
        var (delimiter, quote, rule) = (_dialect.Delimiter, _dialect.Quote, _dialect.Quotes);
        var (maxRowBytes, knownUntil) = (_dialect.MaxRowBytes, _boundaries.KnownUntil);

        while (position <= lastPosition && rowCount <= lastRow && fieldCount <= lastField)
        {
            grammar.Next(ref Unsafe.Add(ref bytes, position), delimiter, quote, rule);
            var bad = grammar.Wrong | (position < knownUntil ? grammar.QuotedBreaks : 0);
            if (bad != 0)
                grammar.CutAt(bad);

            // Only the row in hand may be too long: the others are within the block.
            var (ends, starts, breaks) = (grammar.RowEnds, grammar.RowStarts, grammar.Lines);
            if (position + ByteBlock.Lowest(ends) - rowStart > maxRowBytes)
                break;

            if (rowStart == position && (starts & 1) == 0)
            {
                rowStart = position + ByteBlock.Lowest(starts);
                rowLine = lines + BitOperations.PopCount(breaks & ByteBlock.UpToLowest(starts));
            }

            var fields = grammar.Delimiters | ends;
            WritePositions(ref Unsafe.Add(ref fieldEnds, fieldCount), position, fields);
            while (ends != 0)
            {
                var upToEnd = ByteBlock.UpToLowest(ends);
                var nextField = fieldCount + BitOperations.PopCount(fields & upToEnd);
                ref var row = ref Unsafe.Add(ref rows, rowCount++);
                row.Start = rowStart;
                row.End = position + ByteBlock.Lowest(ends);
                row.FirstField = firstField;
                row.FieldCount = nextField - firstField;
                row.Line = rowLine;
                row.Fault = RowFault.None;

                // No start left in the block: line breaks up to its end, and UpToLowest of nothing is everything.
                firstField = nextField;
                starts &= ~upToEnd;
                rowStart = position + ByteBlock.Lowest(starts);
                rowLine = lines + BitOperations.PopCount(breaks & ByteBlock.UpToLowest(starts));
                ends &= ends - 1;
            }
            if (bad != 0)
                break;

            fieldCount += BitOperations.PopCount(fields);
            lines += BitOperations.PopCount(breaks);
            position += ByteBlock.Size;
        }

        _walked += position - offset;
        (batch.RowCount, batch.FieldCount, line) = (rowCount, firstField, rowLine);
        return rowStart;
    }

    /// <summary>Writes where the set bits are. May write up to eight entries more than there are bits, which mean nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void WritePositions(ref int to, int position, ulong bits)
    {
        while (bits != 0)
        {
            // Eight at once without asking: one branch that is mostly foreseen, where one for each bit would mostly not be.
            for (var i = 0; i < 8; i++)
            {
                Unsafe.Add(ref to, i) = position + ByteBlock.Lowest(bits);
                bits &= bits - 1;
            }
            to = ref Unsafe.Add(ref to, 8);
        }
    }
}
