using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Batch.Csv.Schema;
using Batch.Csv.Times;

namespace Batch.Csv.Validation.Parsing;

/// <summary>TIMESTAMP as DateTime, or UInt32, from text; from Unix seconds too where the column says just DateTime.</summary>
readonly struct DateTimeParser(Column column) : IValueParser<uint>
{
    readonly MomentReader _reader = new(column);
    readonly bool _takesUnixSeconds = column.DateTimeText;

    public ParseOutcome Parse(ReadOnlySpan<byte> text, out uint value)
    {
        if (_takesUnixSeconds && FieldParsers.UnixSeconds(text, out value) is var number and not ParseOutcome.Malformed)
            return number == ParseOutcome.OutOfRange ? ParseOutcome.Malformed : number;
        var outcome = _reader.Read(text, out var seconds, out _);
        value = (uint)seconds;
        return outcome;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryParse(ref byte bytes, int length, out uint value) => default(UnixSecondsParser).TryParse(ref bytes, length, out value) & _takesUnixSeconds;
}

/// <summary>TIMESTAMP as DateTime64. A bare number is none: whether it counts seconds or milliseconds would be a guess.</summary>
readonly struct DateTime64Parser(Column column) : IValueParser<long>
{
    readonly MomentReader _reader = new(column);

    public ParseOutcome Parse(ReadOnlySpan<byte> text, out long value)
    {
        var outcome = _reader.Read(text, out var seconds, out var fraction);
        value = outcome == ParseOutcome.Ok ? seconds * _reader.UnitsPerSecond + fraction : 0;
        return outcome;
    }

    // Sixteen bytes do not hold one.
    public bool TryParse(ref byte bytes, int length, out long value)
    {
        value = 0;
        return false;
    }
}

/// <summary>DATE: days since 1970.</summary>
readonly struct DateParser<T>(Column column) : IValueParser<T> where T : unmanaged, IBinaryInteger<T>
{
    const int IsoLength = 10;

    readonly DateFormat? _format = column.DateFormat is { } format ? DateFormat.Of(format) : null;
    readonly int _low = column.StorageType == "Date" ? 0 : -25_567, _high = column.StorageType == "Date" ? ushort.MaxValue : 120_529;

    public ParseOutcome Parse(ReadOnlySpan<byte> text, out T value)
    {
        value = default;
        text = FieldParsers.Trim(text);
        if (text.IsEmpty)
            return ParseOutcome.Blank;
        int days;
        if (_format is null)
        {
            if (!IsoText.TryDate(text, out days))
                return ParseOutcome.Malformed;
        }
        else if (_format.TryRead(text, out var moment))
            days = (int)(moment.Seconds / Moment.SecondsPerDay);
        else
            return ParseOutcome.Malformed;
        value = T.CreateTruncating(days);
        return days >= _low && days <= _high ? ParseOutcome.Ok : ParseOutcome.OutOfRange;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryParse(ref byte bytes, int length, out T value)
    {
        value = default;
        return length == IsoLength && _format is null
            && Parse(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref bytes, Vector128Digits.Count - IsoLength), IsoLength), out value) == ParseOutcome.Ok;
    }
}

/// <summary>TIME: seconds, or the units of a Time64.</summary>
readonly struct TimeParser<T>(Column column) : IValueParser<T> where T : unmanaged, IBinaryInteger<T>
{
    readonly int _unit = UnitOf(StorageTypes.FractionDigits(column.StorageType)); // nanoseconds

    public ParseOutcome Parse(ReadOnlySpan<byte> text, out T value)
    {
        value = default;
        var outcome = FieldParsers.Time(text, out var negative, out var seconds, out var nanoseconds, out var isFiner);
        if (outcome != ParseOutcome.Ok)
            return outcome;
        var fraction = nanoseconds / _unit;
        if (isFiner || fraction * _unit != nanoseconds)
            return ParseOutcome.PrecisionLoss;
        var units = (long)seconds * (1_000_000_000 / _unit) + fraction;
        value = T.CreateTruncating(negative ? -units : units);
        return ParseOutcome.Ok;
    }

    public bool TryParse(ref byte bytes, int length, out T value) =>
        Parse(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref bytes, Vector128Digits.Count - length), length), out value) == ParseOutcome.Ok;

    static int UnitOf(int digits)
    {
        var unit = 1_000_000_000;
        for (var i = 0; i < digits; i++)
            unit /= 10;
        return unit;
    }
}
