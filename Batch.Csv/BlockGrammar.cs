using System.Runtime.CompilerServices;

namespace Batch.Csv;

/// <summary>The grammar on 64 bytes at a time, as far as it can be decided without looking at bytes one by one.</summary>
/// <remarks>
/// <para>The idea: in a well-formed file a byte is inside quotes iff an odd number of quotes stand before it, doubled quotes included,
/// since they toggle twice. That is one carry-less multiplication a block.</para>
/// <code>
/// bytes      a , " b , " " c \n " , d \n
/// quote      . . 1 . . 1 1 .  . 1 . .  .
/// inside     . . 1 1 1 . 1 1  1 . . .  .     the first comma and the last are separators, the first line break is text
/// </code>
/// <para>A file need not be well-formed: <see cref="Wrong"/> has the bytes at which the parity cannot be trusted any more, and everything before
/// the first of them is right. An opening quote with neither separator nor closing quote before it is one: it may be a fault, or have
/// spaces before it. Where quotes inside a field are text, it is taken out instead, one after the other.</para>
/// <para>Invariant: the carries speak of the byte before the block. A fresh grammar stands at a row start or at line breaks
/// before one: as if after a line break, outside quotes.</para>
/// <para>To extend: a new special byte is one more mask; where it would be out of place it belongs into <see cref="Wrong"/>.</para>
/// </remarks>
struct BlockGrammar
{
    // Bit 63 of these is about the byte before the block.
    ulong _insideCarry;
    ulong _separatorCarry;
    ulong _closingCarry;
    ulong _breakCarry;
    ulong _crCarry;

    /// <summary>Separators between fields.</summary>
    public ulong Delimiters;

    /// <summary>Line breaks that end a row: a byte of it stands right before them.</summary>
    public ulong RowEnds;

    /// <summary>First bytes of rows.</summary>
    public ulong RowStarts;

    /// <summary>All line breaks, those inside quotes too; of CR LF only the CR.</summary>
    public ulong Lines;

    /// <summary>Line breaks inside quotes.</summary>
    public ulong QuotedBreaks;

    /// <summary>Line breaks of <see cref="Lines"/> that are inside quotes.</summary>
    public ulong QuotedLines;

    /// <summary>Bytes that these masks cannot decide on: from the first of them on, <see cref="RowBoundaryFinder"/> decides the row.</summary>
    public ulong Wrong;

    public static BlockGrammar AtRowStart(bool afterCr) => new()
    {
        _separatorCarry = 1UL << 63,
        _breakCarry = 1UL << 63,
        _crCarry = afterCr ? 1UL << 63 : 0,
    };

    /// <summary>Takes the next block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Next(ref byte block, byte delimiter, byte quote, QuoteRule rule)
    {
        var quotes = rule == QuoteRule.None ? 0 : ByteBlock.Match(ref block, quote);
        var delimiters = ByteBlock.Match(ref block, delimiter);
        var lf = ByteBlock.Match(ref block, (byte)'\n');
        var cr = ByteBlock.Match(ref block, (byte)'\r');

        var breaks = lf | cr;
        Lines = breaks & ~(lf & (cr << 1 | _crCarry >> 63));
        _crCarry = cr;

        if ((quotes | _insideCarry | _closingCarry >> 63) == 0)
        {
            (Wrong, QuotedBreaks, QuotedLines, _closingCarry) = (0, 0, 0, 0);
        }
        else
        {
            var afterSeparator = (delimiters | breaks) << 1 | _separatorCarry >> 63;
            ulong inside, closing;
            while (true)
            {
                inside = ByteBlock.PrefixXor(quotes) ^ _insideCarry;
                closing = quotes & ~inside;
                var afterClosing = closing << 1 | _closingCarry >> 63;
                var midField = quotes & inside & ~(afterSeparator | afterClosing);
                Wrong = afterClosing & ~(delimiters | breaks | quotes);
                if (rule == QuoteRule.Strict)
                    Wrong |= midField;
                if (midField == 0 || ByteBlock.Lowest(Wrong) <= ByteBlock.Lowest(midField))
                    break;

                // The first of them is text beyond doubt. What the others are shows once it is gone.
                quotes ^= midField & (0 - midField);
            }
            QuotedBreaks = breaks & inside;
            QuotedLines = Lines & inside;
            delimiters &= ~inside;
            breaks &= ~inside;
            _closingCarry = closing;
            _insideCarry = (ulong)((long)inside >> 63);
        }

        var afterBreak = breaks << 1 | _breakCarry >> 63;
        Delimiters = delimiters;
        RowEnds = breaks & ~afterBreak;
        RowStarts = ~breaks & afterBreak;
        _breakCarry = breaks;
        _separatorCarry = delimiters | breaks;
    }

    /// <summary>Forgets what comes from the first of <paramref name="bad"/> on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void CutAt(ulong bad)
    {
        var good = ByteBlock.Below(ByteBlock.Lowest(bad));
        Delimiters &= good;
        RowEnds &= good;
        RowStarts &= good;
    }
}
