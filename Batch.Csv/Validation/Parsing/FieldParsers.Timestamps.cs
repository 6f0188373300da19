namespace Batch.Csv.Validation.Parsing;

public static partial class FieldParsers
{
    /// <summary>An ISO 8601 date and time with an offset, also with a space in place of the <c>T</c>, as seconds since 1970.</summary>
    /// <remarks>
    /// <c>2024-05-18T15:19:02Z</c>, <c>2024-05-18 15:19:02.000+02:00</c>, <c>…+0200</c>, and <c>…+02</c> as PostgreSQL writes it. The offset is
    /// required: a time without one means a different moment to every reader. PRECISION_LOSS where a fraction of a second is not zero.
    /// 23:59:60 is the first second of the next day. OUT_OF_RANGE outside 1970-01-01T00:00:00Z to 2106-02-07T06:28:15Z.
    /// </remarks>
    public static ParseOutcome Iso8601(ReadOnlySpan<byte> text, out uint seconds)
    {
        seconds = 0;
        text = Trim(text);
        if (text.IsEmpty)
            return ParseOutcome.Blank;
        if (!TryMoment(text, out var moment))
            return ParseOutcome.Malformed;
        // Adding the offset would not help a time that cannot be kept anyway: the fraction is what to say first.
        if (!moment.HasOffset)
            return moment.IsWhole ? ParseOutcome.Malformed : ParseOutcome.PrecisionLoss;
        return InRange(moment.Seconds - moment.Offset, moment.IsWhole, out seconds);
    }

    /// <summary>A date and a time, with a <c>T</c> or a space between, with an offset or without.</summary>
    /// <remarks>Without an offset 23:59:60 is none: only UTC has leap seconds.</remarks>
    internal static bool TryMoment(ReadOnlySpan<byte> text, out Moment moment)
    {
        moment = default;
        if (!TryDateTime(text, out moment.Seconds, out var rest) || !TryFraction(ref rest, out moment.Nanoseconds, out moment.IsFiner))
            return false;
        moment.HasOffset = !rest.IsEmpty;
        return moment.HasOffset ? TryOffset(rest, out moment.Offset) : text[17] != '6';
    }

    static ParseOutcome InRange(long value, bool isWhole, out uint seconds)
    {
        seconds = 0;
        if (value is < 0 or > uint.MaxValue)
            return ParseOutcome.OutOfRange;
        seconds = (uint)value;
        return isWhole ? ParseOutcome.Ok : ParseOutcome.PrecisionLoss;
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
    internal static bool TryFraction(ref ReadOnlySpan<byte> rest, out int nanoseconds, out bool isFiner)
    {
        (nanoseconds, isFiner) = (0, false);
        if (rest is not [(byte)'.', .. var digits])
            return true;
        rest = digits;
        return TryFractionDigits(ref rest, out nanoseconds, out isFiner);
    }

    /// <summary>The digits behind the point; false where there is none.</summary>
    internal static bool TryFractionDigits(ref ReadOnlySpan<byte> rest, out int nanoseconds, out bool isFiner)
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
    internal static bool TryOffset(ReadOnlySpan<byte> zone, out int seconds)
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
    internal static int TwoDigits(ReadOnlySpan<byte> text, int at)
    {
        int tens = text[at] - '0', ones = text[at + 1] - '0';
        return (uint)tens <= 9 && (uint)ones <= 9 ? tens * 10 + ones : -10_000;
    }
}
