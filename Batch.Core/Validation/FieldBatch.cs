using Batch.Core.Csv;

namespace Batch.Core.Validation;

/// <summary>One column of the file over the rows of a batch.</summary>
/// <param name="chunk">What the slices are slices of.</param>
/// <param name="slices">One for each row.</param>
/// <param name="isText">The whole chunk is valid UTF-8 without NUL, so no field has to be looked at.</param>
readonly ref struct FieldBatch(ReadOnlySpan<byte> chunk, ReadOnlySpan<FieldSlice> slices, bool isText)
{
    public readonly ReadOnlySpan<byte> Chunk = chunk;
    public readonly ReadOnlySpan<FieldSlice> Slices = slices;
    public readonly bool IsText = isText;

    /// <summary>Takes one column out of a batch.</summary>
    /// <param name="field">Which field of a row; -1 for one that no row has.</param>
    /// <param name="hasQuotes">False where no byte of the batch is a quote.</param>
    public static FieldBatch Gather(
        ReadOnlySpan<byte> chunk, RowBatch batch, int field, bool hasQuotes, bool isText, Span<FieldSlice> slices)
    {
        slices = slices[..batch.RowCount];
        var rows = batch.Rows.AsSpan(0, batch.RowCount);
        ReadOnlySpan<int> ends = batch.FieldEnds;
        for (var i = 0; i < slices.Length; i++)
        {
            ref readonly var row = ref rows[i];
            if ((uint)field >= (uint)row.FieldCount)
            {
                slices[i] = Absent(row);
                continue;
            }

            var at = row.FirstField + field;
            var start = field == 0 ? row.Start : ends[at - 1] + 1;
            var length = ends[at] - start;
            slices[i] = hasQuotes && length > 0 && chunk[start] == '"' ? Quoted(chunk, start, length) : FieldSlice.Plain(start, length);
        }

        return new FieldBatch(chunk, slices, isText);
    }

    /// <summary>One field of one row.</summary>
    public static FieldSlice Slice(ReadOnlySpan<byte> chunk, RowBatch batch, in RowSpan row, int field)
    {
        if ((uint)field >= (uint)row.FieldCount)
            return Absent(row);
        var at = row.FirstField + field;
        var start = field == 0 ? row.Start : batch.FieldEnds[at - 1] + 1;
        var length = batch.FieldEnds[at] - start;
        return length > 0 && chunk[start] == '"' ? Quoted(chunk, start, length) : FieldSlice.Plain(start, length);
    }

    static FieldSlice Absent(in RowSpan row) => row.Fault == RowFault.None ? FieldSlice.Missing : FieldSlice.OfFaultyRow;

    static FieldSlice Quoted(ReadOnlySpan<byte> chunk, int start, int length)
    {
        start++;
        length -= 2;
        return chunk.Slice(start, length).Contains((byte)'"') ? FieldSlice.Escaped(start, length) : FieldSlice.Plain(start, length);
    }
}
