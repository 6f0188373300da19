using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Batch.Csv.Schema;
using Batch.Csv.Validation.Parsing;
using Batch.Csv.Validation.Rejects;

namespace Batch.Csv.Validation.Native;

/// <summary>A STRING: any UTF-8 text, kept as it is, spaces too.</summary>
/// <remarks>
/// An empty field is blank; so is <c>""</c>, except in an optional column, where it is the empty text and only nothing at all is NULL.
/// An <c>event_id</c> of nothing but spaces is blank as well: it would identify nothing.
/// </remarks>
sealed class StringEncoder(Column column, int field, int batchRows, PagePool pool) : PagedColumnEncoder(column, field, pool)
{
    const int LongestVarint = 5;
    const int ShortBytes = 2 * 32; // two wide copies; its length is a varint of one byte
    const int KeptTextBytes = 1 << 20;

    readonly bool _isEventId = column.Name == SpecialColumns.EventId;
    readonly byte[]? _nulls = column.Optional ? new byte[batchRows] : null;
    // The staged values, each with its length in front, and where each one begins; one entry more for the end of the last.
    byte[] _text = [];
    readonly int[] _starts = new int[batchRows + 1];

    protected override bool ChecksEncoding => true;

    public override void Reset()
    {
        base.Reset();
        if (_text.Length > KeptTextBytes)
            _text = []; // after a batch of unusually long texts
    }

    public override void Encode(in FieldBatch fields, BadRowBitmap badRows)
    {
        var slices = fields.Slices;
        if (_nulls is not null)
            Array.Clear(_nulls, 0, slices.Length);
        MakeRoom(slices);

        ref var chunk = ref MemoryMarshal.GetReference(fields.Chunk);
        ref var text = ref MemoryMarshal.GetArrayDataReference(_text);
        // Short texts are copied with whatever follows them, which the next one overwrites. Not at the chunk's very end.
        var wideEnd = fields.IsText ? fields.Chunk.Length - ShortBytes : -1;
        var starts = _starts.AsSpan(0, slices.Length + 1);
        var written = 0;
        for (var row = 0; row < slices.Length; row++)
        {
            starts[row] = written;
            var slice = slices[row];
            if ((uint)(slice.Length - 1) < ShortBytes && slice.Start <= wideEnd && !(_isEventId && Unsafe.Add(ref chunk, slice.Start) <= ' '))
            {
                Unsafe.Add(ref text, written) = (byte)slice.Length;
                Vector256.LoadUnsafe(ref chunk, (nuint)slice.Start).StoreUnsafe(ref text, (nuint)(written + 1));
                if (slice.Length > Vector256<byte>.Count)
                    Vector256.LoadUnsafe(ref chunk, (nuint)(slice.Start + Vector256<byte>.Count))
                        .StoreUnsafe(ref text, (nuint)(written + 1 + Vector256<byte>.Count));
                written += slice.Length + 1;
            }
            else
                written += EncodeAny(fields, row, _text.AsSpan(written), badRows);
        }

        starts[slices.Length] = written;
    }

    /// <summary>Writes the length and the text of one value; returns the bytes written.</summary>
    int EncodeAny(in FieldBatch fields, int row, Span<byte> output, BadRowBitmap badRows)
    {
        output[0] = 0;
        if (Rejects(fields, row, badRows))
            return 1;

        var slice = fields.Slices[row];
        var text = slice.RawText(fields.Chunk);
        if (text.IsEmpty)
        {
            if (!slice.IsQuotedEmpty(fields.Chunk))
                _nulls?[row] = 1;
            return 1;
        }

        var escapes = slice.IsEscaped ? text.Count((byte)'"') / 2 : 0;
        var written = WriteVarint(output, (uint)(text.Length - escapes));
        if (escapes == 0)
        {
            text.CopyTo(output[written..]);
            return written + text.Length;
        }

        return written + EscapedText.Unescape(text, output[written..]);
    }

    static int WriteVarint(Span<byte> output, uint value)
    {
        var written = 0;
        for (; value >= 0x80; value >>= 7)
            output[written++] = (byte)(value | 0x80);
        output[written++] = (byte)value;
        return written;
    }

    void MakeRoom(ReadOnlySpan<FieldSlice> slices)
    {
        var bytes = (long)slices.Length * LongestVarint + ShortBytes + 1;
        foreach (var slice in slices)
            bytes += slice.Length ^ (slice.Length >> 31); // escaped text: the complement of its length
        if (_text.Length < bytes)
            _text = GC.AllocateUninitializedArray<byte>((int)Math.Max(bytes, Math.Min(_text.Length * 2L, Array.MaxLength)));
    }

    protected override RejectCode CheckText(ReadOnlySpan<byte> chunk, FieldSlice slice, ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty && !(slice.IsQuotedEmpty(chunk) && !MustHaveValue))
            return CodeOf(ParseOutcome.Blank);
        return _isEventId && FieldParsers.Trim(text).IsEmpty ? CodeOf(ParseOutcome.Blank) : RejectCode.None;
    }

    public override void Commit(ReadOnlySpan<RowRun> goodRuns)
    {
        foreach (var run in goodRuns)
        {
            if (_nulls is not null)
                Head.Write(_nulls.AsSpan(run.Start, run.Count));
            Data.Write(_text.AsSpan(_starts[run.Start].._starts[run.End]));
        }
    }
}
