using Batch.Csv.Times;

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
        if (!IsoText.TryMoment(text, out var moment))
            return ParseOutcome.Malformed;
        // Adding the offset would not help a time that cannot be kept anyway: the fraction is what to say first.
        if (!moment.HasOffset)
            return moment.IsWhole ? ParseOutcome.Malformed : ParseOutcome.PrecisionLoss;
        return InRange(moment.Seconds - moment.Offset, moment.IsWhole, out seconds);
    }

    static ParseOutcome InRange(long value, bool isWhole, out uint seconds)
    {
        seconds = 0;
        if (value is < 0 or > uint.MaxValue)
            return ParseOutcome.OutOfRange;
        seconds = (uint)value;
        return isWhole ? ParseOutcome.Ok : ParseOutcome.PrecisionLoss;
    }
}
