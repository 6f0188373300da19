using System.Runtime.CompilerServices;

namespace Batch.Core.Csv;

/// <summary>The grammar on 64 bytes at a time, as far as it can be decided without looking at bytes one by one.</summary>
/// <remarks>
/// <para>The idea: in a well-formed file a byte is inside quotes iff an odd number of quotes stand before it, doubled quotes included,
/// since they toggle twice. That is one carry-less multiplication a block.</para>
/// <code>
/// bytes      a , " b , " " c \n " , d \n
/// quote      . . 1 . . 1 1 .  . 1 . .  .
/// inside     . . 1 1 1 . 1 1  1 . . .  .     the first comma and the last are separators, the first line break is text
/// </code>
/// <para>A file need not be well-formed. <see cref="Stray"/> has the bytes that show it: an opening quote in the middle of a field
/// (which is text, and the parity is off from there), and a byte behind a closing quote that may not be there. Everything
/// before the first stray byte is right.</para>
/// <para>Invariant: the carries speak of the byte before the block. A fresh grammar stands at a row start or at line breaks
/// before one: as if after a line break, outside quotes.</para>
/// <para>Extending: a new special byte is a mask, and belongs into <see cref="Stray"/> where it would be out of place.</para>
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

    /// <summary>Bytes that show that a row is not well-formed, or has a quote in the middle of a field.</summary>
    public ulong Stray;

    public static BlockGrammar AtRowStart(bool afterCr) => new()
    {
        _separatorCarry = 1UL << 63,
        _breakCarry = 1UL << 63,
        _crCarry = afterCr ? 1UL << 63 : 0,
    };

    /// <summary>Takes the next block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Next(ref byte block, byte delimiter)
    {
        var quotes = ByteBlock.Match(ref block, (byte)'"');
        var delimiters = ByteBlock.Match(ref block, delimiter);
        var lf = ByteBlock.Match(ref block, (byte)'\n');
        var cr = ByteBlock.Match(ref block, (byte)'\r');

        var breaks = lf | cr;
        Lines = breaks & ~(lf & (cr << 1 | _crCarry >> 63));
        _crCarry = cr;

        if ((quotes | _insideCarry | _closingCarry >> 63) == 0)
        {
            (Stray, QuotedBreaks, _closingCarry) = (0, 0, 0);
        }
        else
        {
            var separators = delimiters | breaks;
            var inside = ByteBlock.PrefixXor(quotes) ^ _insideCarry;
            var closing = quotes & ~inside;
            var afterClosing = closing << 1 | _closingCarry >> 63;
            var afterSeparator = separators << 1 | _separatorCarry >> 63;
            Stray = (quotes & inside & ~(afterSeparator | afterClosing)) | (afterClosing & ~(separators | quotes));
            QuotedBreaks = breaks & inside;
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
