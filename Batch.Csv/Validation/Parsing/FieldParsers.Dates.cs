namespace Batch.Csv.Validation.Parsing;

public static partial class FieldParsers
{
    /// <summary><c>2024-05-18</c> and nothing else, as days since 1970: two digits for month and day, four for the year.</summary>
    public static bool TryDate(ReadOnlySpan<byte> text, out int days)
    {
        days = 0;
        return text.Length == 10 && text[4] == '-' && text[7] == '-'
            && TryDays(TwoDigits(text, 0) * 100 + TwoDigits(text, 2), TwoDigits(text, 5), TwoDigits(text, 8), out days);
    }

    /// <summary>False where there is no such day.</summary>
    internal static bool TryDays(int year, int month, int day, out int days)
    {
        days = 0;
        if (year is < 1 or > 9999 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month))
            return false;
        // Years that begin in March have their leap day at the end, and months whose days follow one formula.
        var (y, m) = month > 2 ? (year, month - 3) : (year - 1, month + 9);
        days = y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719_468;
        return true;
    }

    /// <summary>A time of day, or a span of up to a thousand hours: <c>07:05:09</c>, <c>-999:59:59.25</c>.</summary>
    /// <remarks>Seconds must be there: <c>12:34</c> is half past twelve or so to a person and 754 seconds to ClickHouse.</remarks>
    internal static ParseOutcome Time(ReadOnlySpan<byte> text, out bool negative, out int seconds, out int nanoseconds, out bool isFiner)
    {
        (negative, seconds, nanoseconds, isFiner) = (false, 0, 0, false);
        text = Trim(text);
        if (text.IsEmpty)
            return ParseOutcome.Blank;
        negative = text[0] == '-';
        if (negative)
            text = text[1..];
        var colon = text.IndexOf((byte)':');
        if (colon < 1 || text.Length < colon + 6 || text[colon + 3] != ':')
            return ParseOutcome.Malformed;
        var hours = 0;
        foreach (var b in text[..colon])
        {
            if ((uint)(b - '0') > 9)
                return ParseOutcome.Malformed;
            hours = Math.Min(hours * 10 + b - '0', 1000);
        }
        int minute = TwoDigits(text, colon + 1), second = TwoDigits(text, colon + 4);
        var rest = text[(colon + 6)..];
        if (minute is < 0 or > 59 || second is < 0 or > 59 || !TryFraction(ref rest, out nanoseconds, out isFiner) || !rest.IsEmpty)
            return ParseOutcome.Malformed;
        seconds = hours * 3600 + minute * 60 + second;
        return hours <= 999 ? ParseOutcome.Ok : ParseOutcome.OutOfRange;
    }
}
