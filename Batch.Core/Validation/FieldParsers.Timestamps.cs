namespace Batch.Core.Validation;

public static partial class FieldParsers
{
    /// <summary>An RFC 3339 date and time, also with a space in place of the <c>T</c>, as seconds since 1970.</summary>
    /// <remarks>
    /// <c>2024-05-18T15:19:02Z</c>, <c>2024-05-18 15:19:02.250+02:00</c>. The offset is required: a time without one means a
    /// different moment to every reader. A fraction of a second is dropped. 23:59:60 is the first second of the next day.
    /// OUT_OF_RANGE outside 1970-01-01T00:00:00Z to 2106-02-07T06:28:15Z.
    /// </remarks>
    public static ParseVerdict Iso8601(ReadOnlySpan<byte> text, out uint seconds)
    {
        seconds = 0;
        text = Trim(text);
        if (text.IsEmpty)
            return ParseVerdict.Blank;

        // yyyy-MM-ddTHH:mm:ss and at least a Z
        if (text.Length < 20 || text[4] != '-' || text[7] != '-' || text[10] is not ((byte)'T' or (byte)'t' or (byte)' ') || text[13] != ':' || text[16] != ':')
            return ParseVerdict.Malformed;
        int year = TwoDigits(text, 0) * 100 + TwoDigits(text, 2), month = TwoDigits(text, 5), day = TwoDigits(text, 8);
        int hour = TwoDigits(text, 11), minute = TwoDigits(text, 14), second = TwoDigits(text, 17);
        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)
            || hour is < 0 or > 23 || minute is < 0 or > 59 || second is < 0 or > 60 || (second == 60 && minute != 59))
            return ParseVerdict.Malformed;

        var zone = text[19..];
        if (zone[0] == '.')
        {
            var digits = 1;
            while (digits < zone.Length && (uint)(zone[digits] - '0') <= 9)
                digits++;
            if (digits == 1)
                return ParseVerdict.Malformed;
            zone = zone[digits..];
        }

        if (!TryOffset(zone, out var offset))
            return ParseVerdict.Malformed;

        var value = (new DateTime(year, month, day, hour, minute, 0, DateTimeKind.Utc) - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerSecond + second - offset;
        if (value is < 0 or > uint.MaxValue)
            return ParseVerdict.OutOfRange;
        seconds = (uint)value;
        return ParseVerdict.Ok;
    }

    /// <summary>Z or an offset from UTC such as +02:00, in seconds.</summary>
    static bool TryOffset(ReadOnlySpan<byte> zone, out int seconds)
    {
        seconds = 0;
        if (zone.Length == 1)
            return zone[0] is (byte)'Z' or (byte)'z';
        if (zone.Length != 6 || zone[0] is not ((byte)'+' or (byte)'-') || zone[3] != ':')
            return false;
        int hours = TwoDigits(zone, 1), minutes = TwoDigits(zone, 4);
        seconds = (hours * 60 + minutes) * (zone[0] == '-' ? -60 : 60);
        return hours is >= 0 and <= 23 && minutes is >= 0 and <= 59;
    }

    /// <summary>The value of two digits; well below 0 where they are not.</summary>
    static int TwoDigits(ReadOnlySpan<byte> text, int at)
    {
        int tens = text[at] - '0', ones = text[at + 1] - '0';
        return (uint)tens <= 9 && (uint)ones <= 9 ? tens * 10 + ones : -10_000;
    }
}
