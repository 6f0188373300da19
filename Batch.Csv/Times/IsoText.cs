namespace Batch.Csv.Times;

/// <summary>Reads dates and times as ISO 8601 has them, with the liberties that databases take.</summary>
static class IsoText
{
    /// <summary><c>2024-05-18</c> and nothing else, as days since 1970: two digits for month and day, four for the year.</summary>
    public static bool TryDate(ReadOnlySpan<byte> text, out int days)
    {
        days = 0;
        return text.Length == 10 && text[4] == '-' && text[7] == '-'
            && TryDays(TwoDigits(text, 0) * 100 + TwoDigits(text, 2), TwoDigits(text, 5), TwoDigits(text, 8), out days);
    }

    /// <summary>False where there is no such day.</summary>
    public static bool TryDays(int year, int month, int day, out int days)
    {
        days = 0;
        if (year is < 1 or > 9999 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month))
            return false;
        // Years that begin in March have their leap day at the end, and months whose days follow one formula.
        var (y, m) = month > 2 ? (year, month - 3) : (year - 1, month + 9);
        days = y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719_468;
        return true;
    }

    /// <summary>A date and a time, with a <c>T</c> or a space between, with an offset or without.</summary>
    /// <remarks>Without an offset 23:59:60 is none: only UTC has leap seconds.</remarks>
    public static bool TryMoment(ReadOnlySpan<byte> text, out Moment moment)
    {
        moment = default;
        if (!TryDateTime(text, out moment.Seconds, out var rest) || !TryFraction(ref rest, out moment.Nanoseconds, out moment.IsFiner))
            return false;
        moment.HasOffset = !rest.IsEmpty;
        return moment.HasOffset ? TryOffset(rest, out moment.Offset) : text[17] != '6';
    }

    /// <summary>yyyy-MM-ddTHH:mm:ss as seconds since 1970, were it UTC.</summary>
    /// <param name="rest">What stands after the seconds.</param>
    static bool TryDateTime(ReadOnlySpan<byte> text, out long seconds, out ReadOnlySpan<byte> rest)
    {
        seconds = 0;
        rest = default;
        if (text.Length < 19 || text[10] is not ((byte)'T' or (byte)'t' or (byte)' ') || text[13] != ':' || text[16] != ':')
            return false;
        int hour = TwoDigits(text, 11), minute = TwoDigits(text, 14), second = TwoDigits(text, 17);
        if (!TryDate(text[..10], out var days) || hour is < 0 or > 23 || minute is < 0 or > 59 || second is < 0 or > 60 || (second == 60 && minute != 59))
            return false;
        seconds = days * Moment.SecondsPerDay + hour * 3600 + minute * 60 + second;
        rest = text[19..];
        return true;
    }

    /// <summary>Takes a fraction of a second off, where there is one; false where a point stands there without digits.</summary>
    /// <param name="nanoseconds">Of its first nine digits.</param>
    /// <param name="isFiner">There are further ones, and they are not all zero.</param>
    public static bool TryFraction(ref ReadOnlySpan<byte> rest, out int nanoseconds, out bool isFiner)
    {
        (nanoseconds, isFiner) = (0, false);
        if (rest is not [(byte)'.', .. var digits])
            return true;
        rest = digits;
        return TryFractionDigits(ref rest, out nanoseconds, out isFiner);
    }

    /// <summary>The digits behind the point; false where there is none.</summary>
    public static bool TryFractionDigits(ref ReadOnlySpan<byte> rest, out int nanoseconds, out bool isFiner)
    {
        nanoseconds = 0;
        var digits = rest;
        var length = digits.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        length = length < 0 ? digits.Length : length;
        rest = digits[length..];
        digits = digits[..length];
        for (var i = 0; i < 9; i++)
            nanoseconds = nanoseconds * 10 + (i < length ? digits[i] - '0' : 0);
        isFiner = length > 9 && digits[9..].ContainsAnyExcept((byte)'0');
        return length > 0;
    }

    /// <summary>Z or an offset from UTC such as +02:00, +0200 or +02, in seconds.</summary>
    public static bool TryOffset(ReadOnlySpan<byte> zone, out int seconds)
    {
        seconds = 0;
        if (zone.Length == 1)
            return zone[0] is (byte)'Z' or (byte)'z';
        if (zone.Length is not (3 or 5 or 6) || zone[0] is not ((byte)'+' or (byte)'-') || (zone.Length == 6 && zone[3] != ':'))
            return false;
        int hours = TwoDigits(zone, 1), minutes = zone.Length == 3 ? 0 : TwoDigits(zone, zone.Length - 2);
        seconds = (hours * 60 + minutes) * (zone[0] == '-' ? -60 : 60);
        return hours is >= 0 and <= 23 && minutes is >= 0 and <= 59;
    }

    /// <summary>The value of two digits; well below 0 where they are not.</summary>
    public static int TwoDigits(ReadOnlySpan<byte> text, int at)
    {
        int tens = text[at] - '0', ones = text[at + 1] - '0';
        return (uint)tens <= 9 && (uint)ones <= 9 ? tens * 10 + ones : -10_000;
    }
}
