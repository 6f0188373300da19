namespace Batch.Csv.Validation;

/// <summary>Where the text of one field stands in its chunk, quotes left out.</summary>
/// <remarks>
/// An unquoted <c>\N</c>, which is NULL, is an empty text like any other blank. A negative length is a field that the fast paths pass by: one that is
/// not there, one of a row that is no row, or quoted text with doubled quotes in it, which is not the same as its value:
///   7,"say ""hi""",,1.5   the second field is the escaped text  say ""hi""  of 10 bytes.
/// </remarks>
readonly struct FieldSlice
{
    const int MissingLength = -1, FaultyRowLength = -2; // an escaped text has two bytes at least, so ~2 = -3 and below are free

    FieldSlice(int start, int length) => (Start, Length) = (start, length);

    /// <summary>Offset of the first byte of the text.</summary>
    public readonly int Start;

    /// <summary>Bytes of the text; negative where it cannot be taken as it stands.</summary>
    public readonly int Length;

    /// <summary>The row has fewer fields.</summary>
    public static FieldSlice Missing => new(0, MissingLength);

    /// <summary>The row has no fields at all, only a <see cref="Csv.RowFault"/>.</summary>
    public static FieldSlice OfFaultyRow => new(0, FaultyRowLength);

    public static FieldSlice Plain(int start, int length) => new(start, length);

    public static FieldSlice Escaped(int start, int length) => new(start, ~length);

    public bool IsMissing => Length == MissingLength;

    public bool IsOfFaultyRow => Length == FaultyRowLength;

    public bool IsEscaped => Length < FaultyRowLength;

    /// <summary>The text as it stands in the chunk; empty where there is none.</summary>
    public ReadOnlySpan<byte> RawText(ReadOnlySpan<byte> chunk) =>
        Length >= 0 ? chunk.Slice(Start, Length) : IsEscaped ? chunk.Slice(Start, ~Length) : default;

    /// <summary>There is a field, it is empty, and it is quoted.</summary>
    /// <remarks>What stands before an unquoted field is a delimiter, a line break or nothing, but never a quote.</remarks>
    public bool IsQuotedEmpty(ReadOnlySpan<byte> chunk) => Length == 0 && Start > 0 && chunk[Start - 1] == '"';
}
