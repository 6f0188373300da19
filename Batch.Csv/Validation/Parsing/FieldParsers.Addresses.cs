using System.Buffers.Binary;

namespace Batch.Csv.Validation.Parsing;

public static partial class FieldParsers
{
    const int Ipv6Bytes = 16, Groups = 8;

    /// <summary>32 hex digits in any case, with dashes after 8, 12, 16 and 20 of them or without any, as ClickHouse lays them out.</summary>
    internal static ParseOutcome Uuid(ReadOnlySpan<byte> text, out UInt128 value)
    {
        value = 0;
        text = Trim(text);
        if (text.IsEmpty)
            return ParseOutcome.Blank;
        if (text.Length is not (32 or 36))
            return ParseOutcome.Malformed;
        UInt128 number = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text.Length == 36 && i is 8 or 13 or 18 or 23)
            {
                if (text[i] != '-')
                    return ParseOutcome.Malformed;
                continue;
            }
            var digit = HexDigit(text[i]);
            if (digit < 0)
                return ParseOutcome.Malformed;
            number = (number << 4) | (uint)digit;
        }
        // Two numbers of 64 bits, the first half before the second.
        value = new UInt128((ulong)number, (ulong)(number >> 64));
        return ParseOutcome.Ok;
    }

    /// <summary>Four numbers up to 255 without leading zeros: <c>010</c> is eight to some readers and ten to others.</summary>
    internal static ParseOutcome Ipv4(ReadOnlySpan<byte> text, out uint value)
    {
        value = 0;
        text = Trim(text);
        return text.IsEmpty ? ParseOutcome.Blank : TryIpv4(text, out value) ? ParseOutcome.Ok : ParseOutcome.Malformed;
    }

    /// <summary>The text of an IPv6 address, or of an IPv4 address, which is <c>::ffff:1.2.3.4</c>; its bytes in the order of the text.</summary>
    internal static ParseOutcome Ipv6(ReadOnlySpan<byte> text, out UInt128 value)
    {
        value = 0;
        text = Trim(text);
        if (text.IsEmpty)
            return ParseOutcome.Blank;
        Span<byte> bytes = stackalloc byte[Ipv6Bytes];
        bytes.Clear();
        if (TryIpv4(text, out var mapped))
        {
            bytes[10..12].Fill(0xFF);
            BinaryPrimitives.WriteUInt32BigEndian(bytes[12..], mapped);
        }
        else if (!TryIpv6(text, bytes))
            return ParseOutcome.Malformed;
        value = BinaryPrimitives.ReadUInt128LittleEndian(bytes);
        return ParseOutcome.Ok;
    }

    static bool TryIpv4(ReadOnlySpan<byte> text, out uint value)
    {
        value = 0;
        for (var part = 0; part < 4; part++)
        {
            var end = part == 3 ? text.Length : text.IndexOf((byte)'.');
            if (end is < 1 or > 3 || (end > 1 && text[0] == '0'))
                return false;
            uint number = 0;
            foreach (var b in text[..end])
            {
                if ((uint)(b - '0') > 9)
                    return false;
                number = number * 10 + b - '0';
            }
            if (number > 255)
                return false;
            value = (value << 8) | number;
            text = text[Math.Min(end + 1, text.Length)..];
        }
        return true;
    }

    // Raw shape:  2001:db8::1   up to eight groups of up to four hex digits; "::" once, for at least one group of zeros
    //             ::ffff:1.2.3.4   the last two may be written as an IPv4 address
    static bool TryIpv6(ReadOnlySpan<byte> text, Span<byte> bytes)
    {
        int groups = 0, gap = -1;
        if (text is [(byte)':', (byte)':', ..])
        {
            gap = 0;
            text = text[2..];
        }
        while (!text.IsEmpty)
        {
            if (groups == Groups)
                return false;
            var colon = text.IndexOf((byte)':');
            if (colon < 0 && groups <= Groups - 2 && TryIpv4(text, out var tail))
            {
                BinaryPrimitives.WriteUInt32BigEndian(bytes[(groups * 2)..], tail);
                groups += 2;
                break;
            }
            if (!TryGroup(colon < 0 ? text : text[..colon], bytes[(groups++ * 2)..]))
                return false;
            if (colon < 0)
                break;
            text = text[(colon + 1)..];
            if (text is [(byte)':', ..])
            {
                if (gap >= 0)
                    return false;
                gap = groups;
                text = text[1..];
            }
            else if (text.IsEmpty)
                return false;
        }
        if (gap < 0)
            return groups == Groups;
        if (groups == Groups)
            return false;
        var moved = bytes[(gap * 2)..(groups * 2)];
        moved.CopyTo(bytes[(Ipv6Bytes - moved.Length)..]);
        bytes[(gap * 2)..(Ipv6Bytes - moved.Length)].Clear();
        return true;
    }

    static bool TryGroup(ReadOnlySpan<byte> text, Span<byte> bytes)
    {
        if (text.Length is < 1 or > 4)
            return false;
        var value = 0;
        foreach (var b in text)
        {
            var digit = HexDigit(b);
            if (digit < 0)
                return false;
            value = value * 16 + digit;
        }
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)value);
        return true;
    }

    static int HexDigit(byte b) => b switch
    {
        >= (byte)'0' and <= (byte)'9' => b - '0',
        >= (byte)'a' and <= (byte)'f' => b - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => b - 'A' + 10,
        _ => -1,
    };
}
