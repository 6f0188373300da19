using Batch.Csv.Validation.Parsing;

namespace Batch.Csv.Validation.Native;

/// <summary>Walks the elements of a JSON list of numbers, such as <c>[1, 2.5, -3e2]</c>, without copying them.</summary>
/// <remarks>
/// Elements are handed out as text, to be read with <see cref="FieldParsers.Float64"/> or Float32, which also say no to what is
/// no number: strings, null, a nested list, nothing at all between two commas. <c>[]</c> is a list of no numbers.
/// </remarks>
public ref struct VectorReader
{
    ReadOnlySpan<byte> _rest;
    bool _more;

    /// <summary>Begins to read. OK where the text stands in brackets; BLANK or MALFORMED otherwise.</summary>
    public static ParseOutcome Open(ReadOnlySpan<byte> text, out VectorReader reader)
    {
        reader = default;
        text = Trim(text);
        if (text.IsEmpty)
            return ParseOutcome.Blank;
        if (text is not [(byte)'[', .., (byte)']'])
            return ParseOutcome.Malformed;
        reader._rest = text[1..^1];
        reader._more = !Trim(reader._rest).IsEmpty;
        return ParseOutcome.Ok;
    }

    /// <summary>The text of the current element.</summary>
    public ReadOnlySpan<byte> Current { get; private set; }

    public bool MoveNext()
    {
        if (!_more)
            return false;
        var comma = _rest.IndexOf((byte)',');
        _more = comma >= 0;
        Current = Trim(_more ? _rest[..comma] : _rest);
        _rest = _more ? _rest[(comma + 1)..] : default;
        return true;
    }

    /// <summary>What JSON calls white space: in a list that is quoted there may be line breaks.</summary>
    static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> text) =>
        text.IsEmpty || (text[0] > ' ' && text[^1] > ' ') ? text : text.Trim(" \t\r\n"u8);
}
