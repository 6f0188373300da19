using System.Text;

namespace Batch.Csv.Times;

sealed partial class DateFormat
{
    static ReadOnlySpan<byte> Months => "janfebmaraprmayjunjulaugsepoctnovdec"u8;

    /// <summary>Reads text that is written in just this way.</summary>
    public bool TryRead(ReadOnlySpan<byte> text, out Moment moment)
    {
        moment = default;
        int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, half = -1;
        for (var i = 0; i < _program.Length; i += 2)
        {
            var done = (char)_program[i] switch
            {
                '\0' => TryByte(ref text, _program[i + 1]),
                'Y' => TryTwo(ref text, out var century) & TryTwo(ref text, out year) && (year += century * 100) > 0,
                'm' => TryTwo(ref text, out month),
                'c' => TryShort(ref text, out month),
                'b' => TryMonth(ref text, out month),
                'd' => TryTwo(ref text, out day),
                'e' => TryShort(ref text, out day),
                'H' => TryTwo(ref text, out hour),
                'k' => TryShort(ref text, out hour),
                'I' => TryTwo(ref text, out hour) && hour is >= 1 and <= 12,
                'l' => TryShort(ref text, out hour) && hour is >= 1 and <= 12,
                'M' or 'i' => TryTwo(ref text, out minute),
                'S' => TryTwo(ref text, out second),
                'f' => IsoText.TryFractionDigits(ref text, out moment.Nanoseconds, out moment.IsFiner),
                'p' => TryHalf(ref text, out half),
                _ => TryOffset(ref text, ref moment),
            };
            if (!done)
                return false;
        }
        if (half >= 0)
            hour = hour % 12 + 12 * half;
        if (!text.IsEmpty || hour > 23 || minute > 59 || second > 59 || !IsoText.TryDays(year, month, day, out var days))
            return false;
        moment.Seconds = days * Moment.SecondsPerDay + hour * 3600 + minute * 60 + second;
        return true;
    }

    static bool TryByte(ref ReadOnlySpan<byte> text, byte expected)
    {
        if (text.IsEmpty || text[0] != expected)
            return false;
        text = text[1..];
        return true;
    }

    static bool TryTwo(ref ReadOnlySpan<byte> text, out int value)
    {
        value = text.Length < 2 ? -1 : IsoText.TwoDigits(text, 0);
        if (value < 0)
            return false;
        text = text[2..];
        return true;
    }

    /// <summary>One or two digits; a space may stand for the first of two.</summary>
    static bool TryShort(ref ReadOnlySpan<byte> text, out int value)
    {
        var isPadded = text is [(byte)' ', ..];
        if (!isPadded && TryTwo(ref text, out value))
            return true;
        if (isPadded)
            text = text[1..];
        value = text.IsEmpty ? 10 : (byte)(text[0] - '0');
        if (value > 9)
            return false;
        text = text[1..];
        return true;
    }

    static bool TryMonth(ref ReadOnlySpan<byte> text, out int month)
    {
        for (month = 1; text.Length >= 3 && month <= 12; month++)
            if (Ascii.EqualsIgnoreCase(text[..3], Months.Slice(month * 3 - 3, 3)))
            {
                text = text[3..];
                return true;
            }
        return false;
    }

    static bool TryHalf(ref ReadOnlySpan<byte> text, out int half)
    {
        half = text.Length < 2 ? -1 : Ascii.EqualsIgnoreCase(text[..2], "am"u8) ? 0 : Ascii.EqualsIgnoreCase(text[..2], "pm"u8) ? 1 : -1;
        if (half < 0)
            return false;
        text = text[2..];
        return true;
    }

    static bool TryOffset(ref ReadOnlySpan<byte> text, ref Moment moment)
    {
        var length = text.IsEmpty ? 0 : 1;
        if (text is [(byte)'+' or (byte)'-', ..])
            while (length < text.Length && (text[length] == ':' || (uint)(text[length] - '0') <= 9))
                length++;
        moment.HasOffset = length > 0 && IsoText.TryOffset(text[..length], out moment.Offset);
        text = text[length..];
        return moment.HasOffset;
    }
}
