using System.Runtime.CompilerServices;
using Batch.Csv.Schema;

namespace Batch.Csv.Validation.Parsing;

/// <summary>INTEGER of 128 or 256 bits, within its bounds.</summary>
readonly struct WideIntegerParser<T>(Column column) : IValueParser<T> where T : unmanaged
{
    readonly MagnitudeRange _range = new(IntegerRange.Of(column));

    public ParseOutcome Parse(ReadOnlySpan<byte> text, out T value) =>
        _range.Take(FieldParsers.WideInteger(text, out var negative, out var magnitude), negative, magnitude, out value);

    public bool TryParse(ref byte bytes, int length, out T value)
    {
        value = default;
        return false;
    }
}

/// <summary>DECIMAL, within its bounds, exact: no value ever is a double on its way.</summary>
readonly struct DecimalParser<T>(Column column) : IValueParser<T> where T : unmanaged
{
    readonly MagnitudeRange _range = new(IntegerRange.OfDecimal(column));
    readonly int _scale = StorageTypes.Decimal(column.StorageType).Scale;
    // What the fast path may take: the bounds where 64 bits hold them, nothing where they do not.
    readonly (long Low, long High) _narrow = Unsafe.SizeOf<T>() <= sizeof(long)
        ? ((long)IntegerRange.OfDecimal(column).Low, (long)IntegerRange.OfDecimal(column).High)
        : (1, 0);

    public ParseOutcome Parse(ReadOnlySpan<byte> text, out T value) =>
        _range.Take(FieldParsers.Decimal(text, _scale, out var negative, out var units), negative, units, out value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryParse(ref byte bytes, int length, out T value)
    {
        value = default;
        if (_narrow.Low > _narrow.High || !Vector128Digits.TryDecimal(ref bytes, length, out var digits, out var places) || places > _scale)
            return false;
        var units = (Int128)digits * FieldParsers.PowerOfTen(_scale - places);
        if (units < _narrow.Low || units > _narrow.High)
            return false;
        var narrow = (long)units;
        value = Unsafe.As<long, T>(ref narrow);
        return true;
    }
}
