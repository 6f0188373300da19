using Batch.Csv.Schema;
using Batch.Csv.Times;

namespace Batch.Csv.Validation.Parsing;

/// <summary>Reads the text of a TIMESTAMP as its column has it: in which form, in which zone, how fine, how early and how late.</summary>
sealed class MomentReader
{
    // What the engine holds of DateTime64: 1900-01-01 to 2299-12-31, and of nine digits what 64 bits of nanoseconds hold.
    const long Earliest64 = -2_208_988_800, Latest64 = 10_413_791_999, LatestNanosecond = long.MaxValue;
    const int NanosecondsPerSecond = 1_000_000_000;

    readonly DateFormat? _format;
    readonly ZoneOffsets? _zone;
    readonly bool _needsOffset;
    readonly long _earliest, _latest;
    readonly int _unit; // nanoseconds

    public MomentReader(Column column)
    {
        _format = column.DateFormat is { } format ? DateFormat.Of(format) : null;
        _zone = StorageTypes.Zone(column.StorageType) is { } zone and not ("UTC" or "Etc/UTC") ? ZoneOffsets.Of(zone) : null;
        _needsOffset = column.Iso8601;
        (_earliest, _latest) = column.StorageType.StartsWith("DateTime64", StringComparison.Ordinal) ? (Earliest64, Latest64) : (0, uint.MaxValue);
        var digits = StorageTypes.FractionDigits(column.StorageType);
        _unit = NanosecondsPerSecond;
        for (var i = 0; i < digits; i++)
            _unit /= 10;
        if (digits == 9)
            _latest = LatestNanosecond / NanosecondsPerSecond;
        UnitsPerSecond = NanosecondsPerSecond / _unit;
    }

    public int UnitsPerSecond { get; }

    /// <param name="seconds">Since 1970, in UTC.</param>
    /// <param name="fraction">In the column's units.</param>
    public ParseOutcome Read(ReadOnlySpan<byte> text, out long seconds, out int fraction)
    {
        (seconds, fraction) = (0, 0);
        text = FieldParsers.Trim(text);
        if (text.IsEmpty)
            return ParseOutcome.Blank;
        if (!(_format is null ? IsoText.TryMoment(text, out var moment) : _format.TryRead(text, out moment)))
            return ParseOutcome.Malformed;
        if (moment.HasOffset)
            seconds = moment.Seconds - moment.Offset;
        else if (_needsOffset)
            return ParseOutcome.Malformed;
        else if (_zone is null)
            seconds = moment.Seconds;
        else if (moment.Seconds < _earliest - Moment.SecondsPerDay || moment.Seconds > _latest + Moment.SecondsPerDay)
            return ParseOutcome.OutOfRange;
        else if (!_zone.TryToUtc(moment.Seconds, out seconds))
            return ParseOutcome.Malformed;
        if (seconds < _earliest || seconds > _latest
            || (_unit == 1 && seconds == _latest && moment.Nanoseconds > LatestNanosecond % NanosecondsPerSecond))
            return ParseOutcome.OutOfRange;
        fraction = moment.Nanoseconds / _unit;
        return moment.IsFiner || fraction * _unit != moment.Nanoseconds ? ParseOutcome.PrecisionLoss : ParseOutcome.Ok;
    }
}
