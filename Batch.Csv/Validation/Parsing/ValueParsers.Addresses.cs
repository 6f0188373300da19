namespace Batch.Csv.Validation.Parsing;

/// <summary>UUID: sixteen bytes.</summary>
readonly struct UuidParser : IValueParser<UInt128>
{
    public ParseOutcome Parse(ReadOnlySpan<byte> text, out UInt128 value) => FieldParsers.Uuid(text, out value);

    // Sixteen bytes do not hold one.
    public bool TryParse(ref byte bytes, int length, out UInt128 value)
    {
        value = 0;
        return false;
    }
}

/// <summary>IP as IPv4.</summary>
readonly struct Ipv4Parser : IValueParser<uint>
{
    public ParseOutcome Parse(ReadOnlySpan<byte> text, out uint value) => FieldParsers.Ipv4(text, out value);

    public bool TryParse(ref byte bytes, int length, out uint value)
    {
        value = 0;
        return false;
    }
}

/// <summary>IP as IPv6.</summary>
readonly struct Ipv6Parser : IValueParser<UInt128>
{
    public ParseOutcome Parse(ReadOnlySpan<byte> text, out UInt128 value) => FieldParsers.Ipv6(text, out value);

    public bool TryParse(ref byte bytes, int length, out UInt128 value)
    {
        value = 0;
        return false;
    }
}
