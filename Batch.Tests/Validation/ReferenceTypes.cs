using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Numerics;
using System.Text;
using System.Text.RegularExpressions;
using Batch.Csv.Schema;

namespace Batch.Tests.Validation;

/// <summary>The rules of dates, times, decimals, addresses and fixed texts in the plainest words, with .NET's own types.</summary>
static class ReferenceTypes
{
    public static bool IsTooLong(Column column, string text) => FixedBytes(column) is { } bytes && Encoding.UTF8.GetByteCount(text) > bytes
        && column.AllowedValues.Count == 0;

    public static string Filled(Column column, string text) =>
        FixedBytes(column) is { } bytes ? text + new string('\0', bytes - Encoding.UTF8.GetByteCount(text)) : text;

    static int? FixedBytes(Column column) =>
        Regex.Match(column.StorageType, @"FixedString\((\d+)\)") is { Success: true } match ? int.Parse(
            match.Groups[1].Value, CultureInfo.InvariantCulture) : null;

    public static (string? Value, string? Code) Value(Column column, string text) => column.Type switch
    {
        ColumnType.Date => Date(column, text),
        ColumnType.Time => Time(column, text),
        ColumnType.Decimal => Decimal(column, text),
        ColumnType.Uuid => Guid.TryParseExact(text, "D", out var id) || Guid.TryParseExact(text, "N", out id)
            ? (Convert.ToHexStringLower([.. id.ToByteArray(bigEndian: true)[..8].Reverse(), .. id.ToByteArray(bigEndian: true)[8..].Reverse()]), null)
            : (null, ErrorCodes.NotAUuid),
        _ => Ip(column, text),
    };

    static (string?, string?) Date(Column column, string text)
    {
        var format = column.DateFormat is null ? "yyyy-MM-dd" : "dd.MM.yyyy";
        if (text.Length != 10 || !DateOnly.TryParseExact(text, format, CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
            return (null, ErrorCodes.NotADate);
        var (low, high) = column.StorageType == "Date"
            ? (new DateOnly(1970, 1, 1), new DateOnly(2149, 6, 6))
            : (new DateOnly(1900, 1, 1), new DateOnly(2299, 12, 31));
        return date < low || date > high ? (null, ErrorCodes.OutOfRange) : (Say(date.DayNumber - new DateOnly(1970, 1, 1).DayNumber), null);
    }

    static (string?, string?) Time(Column column, string text)
    {
        if (Regex.Match(text, @"^(-?)(\d+):([0-5]\d):([0-5]\d)(?:\.(\d+))?\z") is not { Success: true } match)
            return (null, ErrorCodes.NotATime);
        var hours = BigInteger.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture);
        if (hours > 999)
            return (null, ErrorCodes.OutOfRange);
        var digits = Digits(column);
        if (match.Groups[5].Value.Skip(digits).Any(c => c != '0'))
            return (null, ErrorCodes.PrecisionLoss);
        var units = ((int)hours * 3600 + Int(match.Groups[3]) * 60 + Int(match.Groups[4])) * BigInteger.Pow(10, digits)
            + Fraction(match.Groups[5].Value, digits);
        return (Say(match.Groups[1].Length > 0 ? -units : units), null);
    }

    static (string?, string?) Decimal(Column column, string text)
    {
        if (Regex.Match(text, @"^([+-]?)([0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE]([+-]?[0-9]+))?\z") is not { Success: true } match)
            return (null, ErrorCodes.NotADecimal);
        var numbers = Regex.Matches(column.StorageType, @"\d+").Select(m => int.Parse(m.Value, CultureInfo.InvariantCulture)).ToArray();
        var mantissa = match.Groups[2].Value;
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        var shift = BigInteger.Parse("0" + match.Groups[3].Value.TrimStart('+', '-'), CultureInfo.InvariantCulture)
            * (match.Groups[3].Value.StartsWith('-') ? -1 : 1) + numbers[1] - (point < 0 ? 0 : mantissa.Length - point - 1);
        var digits =
            BigInteger.Parse(mantissa.Replace(".", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) * (match.Groups[1].Value == "-" ? -1 : 1);
        if (digits.IsZero)
            shift = 0;
        shift = BigInteger.Max(-1000, BigInteger.Min(1000, shift));
        var rest = BigInteger.Zero;
        var units = shift >= 0 ? digits * BigInteger.Pow(10, (int)shift) : BigInteger.DivRem(digits, BigInteger.Pow(10, -(int)shift), out rest);
        var unit = BigInteger.Pow(10, numbers[1]);
        // The bounds of the random models have one digit behind the point.
        return BigInteger.Abs(units) >= BigInteger.Pow(10, numbers[0]) || units * 10 < (BigInteger)((column.Minimum ?? -1e300) * 10) * unit
            || units * 10 > (BigInteger)((column.Maximum ?? 1e300) * 10) * unit ? (null, ErrorCodes.OutOfRange)
            : rest.IsZero ? (Say(units), null) : (null, ErrorCodes.PrecisionLoss);
    }

    static (string?, string?) Ip(Column column, string text)
    {
        var isFour = Regex.IsMatch(text, @"^(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})\z")
            && text.Split('.').All(part => int.Parse(part, CultureInfo.InvariantCulture) < 256);
        if (column.StorageType == "IPv4")
            return isFour ? (Say(BinaryValue(IPAddress.Parse(text).GetAddressBytes())), null) : (null, ErrorCodes.NotAnIpAddress);
        if (!isFour && (!text.Contains(':', StringComparison.Ordinal) || text.AsSpan().IndexOfAny("[]%/") >= 0
            || !IPAddress.TryParse(text, out var address) || address.AddressFamily != AddressFamily.InterNetworkV6))
            return (null, ErrorCodes.NotAnIpAddress);
        return (Convert.ToHexStringLower(IPAddress.Parse(text).MapToIPv6().GetAddressBytes()), null);
    }

    static BigInteger BinaryValue(byte[] bytes) => new(bytes, isUnsigned: true, isBigEndian: true);

    public static (string? Value, string? Code) Timestamp(Column column, string text)
    {
        var wrong = column.Name == "timestamp" ? ErrorCodes.InvalidTimestamp : ErrorCodes.NotATimestamp;
        var is64 = column.StorageType.StartsWith("DateTime64", StringComparison.Ordinal);
        var (number, code) = ReferenceValidator.Integer(column with { StorageType = "UInt32", Minimum = null, Maximum = null }, text);
        if (code is null && !column.Iso8601 && !is64)
            return (number, null);
        if (!is64 && !column.Iso8601 && !column.DateTimeText)
            return (null, wrong);
        if (Regex.Match(text, @"^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d(?::?\d\d)?)?\z") is not { Success: true } match
            || !DateTime.TryParseExact($"{match.Groups[1]} {match.Groups[2]}", "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None,
                out var local))
            return (null, wrong);
        var zone = Regex.Match(column.StorageType, "'(.*)'") is { Success: true } found ? TimeZoneInfo.FindSystemTimeZoneById(found.Groups[1].Value) : null;
        var digits = Digits(column);
        var isExact = !match.Groups[3].Value.Skip(digits).Any(c => c != '0');
        if (match.Groups[4].Length == 0 && column.Iso8601)
            return (null, !is64 && !isExact ? ErrorCodes.PrecisionLoss : wrong);
        var (low, high) = is64 ? (-2_208_988_800L, digits == 9 ? 9_223_372_036L : 10_413_791_999L) : (0L, uint.MaxValue);
        var seconds = (local - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerSecond;
        if (match.Groups[4].Length == 0)
        {
            if (zone is not null && (seconds < low - 86_400 || seconds > high + 86_400))
                return (null, ErrorCodes.OutOfRange);
            if (zone is not null && (zone.IsInvalidTime(local) || zone.IsAmbiguousTime(local) || local.Year < 1970))
                return (null, wrong);
            seconds -= (long)(zone?.GetUtcOffset(local).TotalSeconds ?? 0);
        }
        else
            seconds -= (long)DateTimeOffset.Parse($"2024-01-01T00:00:00{match.Groups[4]}", CultureInfo.InvariantCulture).Offset.TotalSeconds;
        var value = seconds * BigInteger.Pow(10, digits) + Fraction(match.Groups[3].Value, digits);
        return seconds < low || seconds > high || value > long.MaxValue
            ? (null, ErrorCodes.OutOfRange)
            : isExact ? (Say(value), null) : (null, ErrorCodes.PrecisionLoss);
    }

    static int Digits(Column column) => Regex.Match(column.StorageType, @"64\((\d)") is { Success: true } match ? Int(match.Groups[1]) : 0;

    static int Fraction(string fraction, int digits) => digits == 0 ? 0 : int.Parse(fraction.PadRight(digits, '0')[..digits], CultureInfo.InvariantCulture);

    static int Int(Group group) => int.Parse(group.Value, CultureInfo.InvariantCulture);

    static string Say(BigInteger value) => value.ToString(CultureInfo.InvariantCulture);
}
