using Batch.Csv.Schema;

namespace Batch.Csv.Validation.Rejects;

/// <summary>The error codes a row can have, small enough to count and index by. The names are <see cref="ErrorCodes"/>.</summary>
enum RejectCode : byte
{
    None,
    MissingColumn,
    NullValue,
    InvalidEventId,
    InvalidTimestamp,
    NotAnInteger,
    NotAFloat,
    NotABoolean,
    NotAString,
    NotATimestamp,
    NotACategory,
    NotAVector,
    OutOfRange,
    PrecisionLoss,
    InvalidEncoding,
    ExtraColumn,
    MalformedQuotes,
    RowTooLong,
    FieldCount,
    RepeatedHeader,
    NotADate,
    NotADecimal,
    NotATime,
    NotAUuid,
    NotAnIpAddress,
}

static class RejectCodes
{
    /// <summary>Number of codes, <see cref="RejectCode.None"/> included.</summary>
    public const int Count = (int)RejectCode.NotAnIpAddress + 1;

    static readonly string[] Names =
    [
        "", ErrorCodes.MissingColumn, ErrorCodes.NullValue, ErrorCodes.InvalidEventId, ErrorCodes.InvalidTimestamp, ErrorCodes.NotAnInteger,
        ErrorCodes.NotAFloat, ErrorCodes.NotABoolean, ErrorCodes.NotAString, ErrorCodes.NotATimestamp, ErrorCodes.NotACategory,
        ErrorCodes.NotAVector, ErrorCodes.OutOfRange, ErrorCodes.PrecisionLoss, ErrorCodes.InvalidEncoding, ErrorCodes.ExtraColumn, ErrorCodes.MalformedQuotes,
        ErrorCodes.RowTooLong, ErrorCodes.FieldCount, ErrorCodes.RepeatedHeader, ErrorCodes.NotADate, ErrorCodes.NotADecimal, ErrorCodes.NotATime,
        ErrorCodes.NotAUuid, ErrorCodes.NotAnIpAddress,
    ];

    public static string Name(this RejectCode code) => Names[(int)code];

    /// <summary>What a value is that is none of its column's type.</summary>
    public static RejectCode NotOfType(Column column) => column.Type switch
    {
        ColumnType.Integer => RejectCode.NotAnInteger,
        ColumnType.Float => RejectCode.NotAFloat,
        ColumnType.Boolean => RejectCode.NotABoolean,
        ColumnType.Timestamp => column.Name == SpecialColumns.Timestamp ? RejectCode.InvalidTimestamp : RejectCode.NotATimestamp,
        ColumnType.Category => RejectCode.NotACategory,
        ColumnType.Vector => RejectCode.NotAVector,
        ColumnType.Date => RejectCode.NotADate,
        ColumnType.Decimal => RejectCode.NotADecimal,
        ColumnType.Time => RejectCode.NotATime,
        ColumnType.Uuid => RejectCode.NotAUuid,
        ColumnType.Ip => RejectCode.NotAnIpAddress,
        _ => RejectCode.NotAString,
    };

    /// <summary>What a blank is in a column that must not be blank.</summary>
    public static RejectCode Blank(Column column) =>
        column.Name == SpecialColumns.EventId ? RejectCode.InvalidEventId : RejectCode.NullValue;
}
