using System.Globalization;
using System.Numerics;

namespace Batch.Csv.Schema;

/// <summary>A decimal number as written, exact: <c>Digits × 10^Exponent</c>. For the bounds of a schema, not for the values of a file.</summary>
readonly record struct DecimalText(BigInteger Digits, int Exponent)
{
    /// <summary>What is beyond this is beyond every type too, and would only cost memory.</summary>
    const int MaxExponent = 1_000;

    /// <summary>Reads a number as JSON has it; null where it is absurdly large or small.</summary>
    public static DecimalText? Read(string text)
    {
        var e = text.IndexOfAny(['e', 'E']);
        var exponent = 0;
        if (e >= 0 && !int.TryParse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent))
            return null;
        var mantissa = e < 0 ? text : text[..e];
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        if (point >= 0)
            exponent -= mantissa.Length - point - 1;
        return mantissa.Length > MaxExponent || Math.Abs((long)exponent) > MaxExponent ? null
            : new(BigInteger.Parse(mantissa.Replace(".", "", StringComparison.Ordinal), CultureInfo.InvariantCulture), exponent);
    }

    /// <summary>The number that a double is the shortest text of: 0.1 is a tenth, and not the double nearest to it.</summary>
    public static DecimalText? Of(double value) => Read(value.ToString("R", CultureInfo.InvariantCulture));

    /// <summary>The number in units of 10^-<paramref name="scale"/>, rounded up or down to a whole one.</summary>
    public BigInteger Units(int scale, bool roundUp, out bool isExact)
    {
        var shift = Exponent + scale;
        isExact = true;
        if (shift >= 0)
            return Digits * BigInteger.Pow(10, shift);
        var units = BigInteger.DivRem(Digits, BigInteger.Pow(10, -shift), out var rest);
        isExact = rest.IsZero;
        return rest.Sign > 0 && roundUp ? units + 1 : rest.Sign < 0 && !roundUp ? units - 1 : units;
    }

    /// <summary>Units of 10^-<paramref name="scale"/> as a person writes them: 125 of the second place are 1.25.</summary>
    public static string Show(BigInteger units, int scale)
    {
        var digits = BigInteger.Abs(units).ToString(CultureInfo.InvariantCulture).PadLeft(scale + 1, '0');
        return (units.Sign < 0 ? "-" : "") + (scale == 0 ? digits : $"{digits[..^scale]}.{digits[^scale..]}");
    }
}
