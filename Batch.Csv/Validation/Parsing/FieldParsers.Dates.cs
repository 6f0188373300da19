using Batch.Csv.Times;

namespace Batch.Csv.Validation.Parsing;

public static partial class FieldParsers
{
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
        int minute = IsoText.TwoDigits(text, colon + 1), second = IsoText.TwoDigits(text, colon + 4);
        var rest = text[(colon + 6)..];
        if (minute is < 0 or > 59 || second is < 0 or > 59 || !IsoText.TryFraction(ref rest, out nanoseconds, out isFiner) || !rest.IsEmpty)
            return ParseOutcome.Malformed;
        seconds = hours * 3600 + minute * 60 + second;
        return hours <= 999 ? ParseOutcome.Ok : ParseOutcome.OutOfRange;
    }
}
