namespace Batch;

/// <summary>Why a row was rejected. The first thirteen are the user guide's.</summary>
public static class ErrorCodes
{
    public const string MissingColumn = "MISSING_COLUMN";
    public const string InvalidTimestamp = "INVALID_TIMESTAMP";
    public const string InvalidEventId = "INVALID_EVENT_ID";
    public const string NotAFloat = "NOT_A_FLOAT";
    public const string NotAnInteger = "NOT_AN_INTEGER";
    public const string NotABoolean = "NOT_A_BOOLEAN";
    public const string NotAString = "NOT_A_STRING";
    public const string NotACategory = "NOT_A_CATEGORY";
    public const string NotATimestamp = "NOT_A_TIMESTAMP";
    public const string NotAVector = "NOT_A_VECTOR";
    public const string ExtraColumn = "EXTRA_COLUMN";
    public const string NullValue = "NULL_VALUE";
    public const string UnsupportedType = "UNSUPPORTED_TYPE";

    public const string NotADate = "NOT_A_DATE";
    public const string NotADecimal = "NOT_A_DECIMAL";
    public const string NotATime = "NOT_A_TIME";
    public const string NotAUuid = "NOT_A_UUID";
    public const string NotAnIpAddress = "NOT_AN_IP_ADDRESS";
    public const string OutOfRange = "OUT_OF_RANGE";
    public const string PrecisionLoss = "PRECISION_LOSS";
    public const string InvalidEncoding = "INVALID_ENCODING";
    public const string MalformedQuotes = "MALFORMED_QUOTES";
    public const string RowTooLong = "ROW_TOO_LONG";
    public const string FieldCount = "FIELD_COUNT";
    public const string RepeatedHeader = "REPEATED_HEADER";
    public const string DuplicateColumn = "DUPLICATE_COLUMN";
    public const string BlankHeader = "BLANK_HEADER";
    public const string NoKnownColumn = "NO_KNOWN_COLUMN";
}
