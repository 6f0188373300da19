using System.Globalization;
using Batch.Csv.Schema;
using Batch.Csv.Validation.Parsing;

namespace Batch.Csv.Validation.Rejects;

public static partial class RejectMessages
{
    const string Iso8601 = "an ISO 8601 date and time with an offset (e.g. 2024-05-18T15:19:02Z)";

    /// <summary>The message for an error in a model's column: where the schema asks for more than the type, it says so too.</summary>
    public static string For(string errorCode, Column column)
    {
        var message = For(errorCode, column.Name, column.TypeName);
        return errorCode switch
        {
            ErrorCodes.OutOfRange => $"The value for '{column.Name}' is out of range. {Range(column)}",
            ErrorCodes.NotADate when column.DateFormat is { } format => $"The value for '{column.Name}' is not a date. Write it in the format {format}.",
            ErrorCodes.InvalidTimestamp when Times(column) is { } times => $"The '{column.Name}' value is invalid. Please provide {times}.",
            ErrorCodes.NotATimestamp when Times(column) is { } times => $"The value for '{column.Name}' is not a timestamp. Use {times}.",
            ErrorCodes.InvalidTimestamp or ErrorCodes.NotATimestamp when column.DateTimeText =>
                message + " A date and time in UTC is accepted too (e.g. 2024-05-18 15:19:02).",
            ErrorCodes.NotAnIpAddress when column.StorageType == "IPv6" => message + " An IPv6 address is one of at most eight groups (e.g. 2001:db8::1).",
            ErrorCodes.PrecisionLoss => Precision(column) ?? message,
            ErrorCodes.NotAVector when column.Length is { } length =>
                message + string.Create(CultureInfo.InvariantCulture, $" It must hold exactly {length} of them."),
            _ => message,
        };
    }

    /// <summary>How times are written in a column that takes something else than Unix seconds; null where the usual message holds.</summary>
    static string? Times(Column column)
    {
        if (column.DateFormat is null && column.Iso8601)
            return Iso8601;
        var zone = StorageTypes.Zone(column.StorageType);
        var offset = zone is null or "UTC" or "Etc/UTC" || column.DateFormat?.Contains("%z", StringComparison.Ordinal) == true ? ""
            : $", in {zone}; where the clocks there have been changed so that it has the time twice or not at all, or before 1970, with an offset (+02:00)";
        return column.DateFormat is { } format ? $"the format {format}{offset}"
            : zone is not null && offset.Length > 0 ? $"a date and time (e.g. 2024-05-18 15:19:02){offset}"
            : column.StorageType.StartsWith("DateTime64", StringComparison.Ordinal)
                ? "a date and time (e.g. 2024-05-18 15:19:02.250), which is UTC unless it has an offset"
            : null;
    }

    static string? Precision(Column column)
    {
        if (column.Type == ColumnType.Decimal)
            return string.Create(CultureInfo.InvariantCulture,
                $"The value for '{column.Name}' has more digits after the point than the {StorageTypes.Decimal(column.StorageType).Scale} that the column keeps. Round it, or give the column more.");
        var digits = column.Type is ColumnType.Timestamp or ColumnType.Time ? StorageTypes.FractionDigits(column.StorageType) : 0;
        return digits == 0 ? null : string.Create(CultureInfo.InvariantCulture,
            $"The value for '{column.Name}' has more digits of a fraction of a second than the {digits} that the column keeps. Write fewer, or give the column more.");
    }

    static string Range(Column column)
    {
        switch (column.Type)
        {
            case ColumnType.Integer:
                var (low, high) = IntegerRange.Of(column);
                return string.Create(CultureInfo.InvariantCulture, $"Provide a whole number from {low} to {high}.");
            case ColumnType.Decimal:
                var scale = StorageTypes.Decimal(column.StorageType).Scale;
                var (least, most) = IntegerRange.OfDecimal(column);
                return $"Provide a number from {DecimalText.Show(least, scale)} to {DecimalText.Show(most, scale)}.";
            case ColumnType.String or ColumnType.Category:
                return string.Create(CultureInfo.InvariantCulture,
                    $"Provide a text of at most {StorageTypes.FixedBytes(column.StorageType)} bytes of UTF-8, where a letter beyond ASCII takes two and more.");
            case ColumnType.Date:
                return column.StorageType == "Date" ? "Provide a date from 1970-01-01 to 2149-06-06." : "Provide a date from 1900-01-01 to 2299-12-31.";
            case ColumnType.Time:
                return "Provide a time from -999:59:59 to 999:59:59.";
            case ColumnType.Timestamp when column.StorageType.StartsWith("DateTime64", StringComparison.Ordinal):
                return StorageTypes.FractionDigits(column.StorageType) == 9
                    ? "Provide a date and time from 1900-01-01T00:00:00Z to 2262-04-11T23:47:16.854775807Z."
                    : "Provide a date and time from 1900-01-01T00:00:00Z to 2299-12-31T23:59:59Z.";
            case ColumnType.Timestamp:
                return "Provide a date and time from 1970-01-01T00:00:00Z to 2106-02-07T06:28:15Z.";
            default:
                var isNarrow = column.StorageType.Contains("32", StringComparison.Ordinal);
                var largest = isNarrow ? float.MaxValue.ToString(CultureInfo.InvariantCulture) : Text(double.MaxValue);
                return $"Provide a number from {Text(column.Minimum) ?? $"-{largest}"} to {Text(column.Maximum) ?? largest}.";
        }
    }

    static string? Text(double? bound) => bound?.ToString(CultureInfo.InvariantCulture);
}
