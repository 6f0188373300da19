namespace Batch.Csv;

/// <summary>What is wrong with the shape of a row, before any field is looked at.</summary>
public enum RowFault : byte
{
    None,
    MalformedQuotes,
    TooLong,
    /// <summary>Found by validation, not by the tokenizer.</summary>
    RepeatedHeader,
    /// <summary>A piece of a value whose quote is missing, by the look of it. Found by validation.</summary>
    Torn,
}

/// <summary>Where one row stands in its chunk.</summary>
/// <remarks>A row with a <see cref="Fault"/> has no fields; <see cref="Start"/>..<see cref="End"/> is then its (first) line.</remarks>
public struct RowSpan
{
    /// <summary>Offset of the row's first byte.</summary>
    public int Start;
    /// <summary>Offset past the row's last byte, line break left out.</summary>
    public int End;
    /// <summary>Index of the row's first entry in <see cref="RowBatch.FieldEnds"/>.</summary>
    public int FirstField;
    public int FieldCount;
    /// <summary>Line breaks between the start of the chunk and the start of the row.</summary>
    public int Line;
    public RowFault Fault;
}

/// <summary>Rows and fields of a stretch of a chunk, as offsets: nothing is copied, the buffers are reused.</summary>
/// <remarks>
/// Field i of a row is <c>[i == 0 ? row.Start : FieldEnds[row.FirstField + i - 1] + 1, FieldEnds[row.FirstField + i])</c>,
/// quotes included: a field that begins with <c>"</c> is quoted, and ends with one; inside, <c>""</c> stands for <c>"</c>. Where quotes are
/// strict there may be spaces and tabs around it (<see cref="CsvField.Quoted"/>) and no quote anywhere else; where they are literal, a quote
/// anywhere else is text.
/// </remarks>
public sealed class RowBatch
{
    public RowSpan[] Rows = new RowSpan[1024];
    public int RowCount;
    public int[] FieldEnds = new int[16 * 1024];
    public int FieldCount;
    /// <summary>Rows that the tokenizer found faulty.</summary>
    public int Faults;

    public void Clear() => (RowCount, FieldCount, Faults) = (0, 0, 0);
}
