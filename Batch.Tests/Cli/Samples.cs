using Batch.Client;

namespace Batch.Tests.Cli;

/// <summary>The jobs of the user guide's samples, as the API would answer them.</summary>
internal static class Samples
{
    public static JobStatus Job(
        string id, string model, JobState state, long total, long success, long errors, string waiting, string processing, long? abandoned = null)
    {
        var isOver = state is not (JobState.Pending or JobState.Running);
        return new JobStatus
        {
            JobId = id.PadRight(32, '0'),
            TenantId = "tenant_a",
            ModelId = "456a7890b1cd23ef4567890123456789",
            ModelName = model,
            ModelVersion = 1,
            State = state,
            Total = total,
            Success = success,
            Errors = errors,
            Abandoned = abandoned ?? (isOver ? total - success - errors : 0),
            Percent = total > 0 ? (int)(100 * success / total) : state == JobState.Success ? 100 : 0,
            WaitingMs = Milliseconds(waiting),
            ProcessingMs = Milliseconds(processing),
            CreatedAt = new DateTimeOffset(2023, 3, 15, 12, 1, 40, TimeSpan.Zero),
            UpdatedAt = new DateTimeOffset(2023, 3, 15, 12, 1, 55, TimeSpan.Zero),
        };
    }

    static long Milliseconds(string clock) => (long.Parse(clock[..2]) * 60 + long.Parse(clock[3..])) * 1000;

    public static JobStatus[] Jobs { get; } =
    [
        Job("a1b2c3d4", "Fraud Detection", JobState.Success, 1_000, 1_000, 0, "00:01", "00:02"),
        Job("a2b3c4d5", "Image Classification", JobState.PartialSuccess, 20_000, 19_980, 20, "00:02", "00:09"),
        Job("a3b4c5d6", "Payment Gateway", JobState.Running, 50_000, 30_500, 12, "00:03", "00:40"),
        Job("a4b5c6d7", "Anomaly Detection", JobState.Running, 5_000, 2_100, 0, "00:02", "00:15"),
        Job("a5b6c7d8", "model_12345678", JobState.Pending, 100, 0, 0, "00:04", "00:00"),
        Job("a6b7c8d9", "Alert Logging", JobState.Pending, 7_500, 0, 0, "00:04", "00:00"),
        Job("a7b8c9d0", "Sentiment", JobState.Failed, 800, 0, 800, "00:04", "00:09"),
        Job("a8b9c0d1", "Trend Prediction", JobState.Cancelled, 2_000, 853, 0, "00:04", "00:09"),
        Job("a9b0c1d2", "Market Prices", JobState.Success, 3_200, 3_200, 0, "00:02", "00:03"),
    ];

    public static RejectedRow Rejected(long row, string? eventId, string column, string type, string error, string? observed, string message) => new()
    {
        Row = row, Line = row + 1, EventId = eventId, Column = column, Type = type, Error = error, Observed = observed, Message = message,
    };

    public static RejectedRow[] RejectedRows { get; } =
    [
        Rejected(1, "1001abcd", "timestamp", "TIMESTAMP", "MISSING_COLUMN", null,
            "The required column 'timestamp' is missing. Please include a valid timestamp column."),
        Rejected(2, null, "event_id", "STRING", "MISSING_COLUMN", null, "The required column 'event_id' is missing. Each event must have a unique event_id."),
        Rejected(3, "1003cdef", "timestamp", "TIMESTAMP", "INVALID_TIMESTAMP", "yesterday",
            "The 'timestamp' value is invalid. Please provide a 32-bit Unix timestamp (integer)."),
        Rejected(4, "1004def0", "event_id", "STRING", "INVALID_EVENT_ID",
            "", "The 'event_id' value is invalid. Provide a non-empty string or integer identifier."),
        Rejected(5, "1005ef01", "attr_float", "FLOAT", "NOT_A_FLOAT", "abc", "The value for 'attr_float' is not a float. Provide a numeric value (e.g. 3.14)."),
        Rejected(6, "1006f012", "attr_int", "INTEGER", "NOT_AN_INTEGER", "3.14",
            "The value for 'attr_int' is not an integer. Provide a whole number (e.g. 42)."),
        Rejected(7, "1007abcd", "attr_bool", "BOOLEAN", "NOT_A_BOOLEAN", "maybe", "The value for 'attr_bool' is not a boolean. Use true, false, 1, or 0."),
        Rejected(8, "1008bcde", "attr_str", "STRING", "NOT_A_STRING", "12345", "The value for 'attr_str' is not a string. Provide a text value."),
        Rejected(9, "1009cdef", "attr_cat", "CATEGORY", "NOT_A_CATEGORY", "CA", "The value for 'attr_cat' is not a category. Provide a valid string category."),
        Rejected(10, "1010def0", "attr_time", "TIMESTAMP", "NOT_A_TIMESTAMP", "2023-01-01",
            "The value for 'attr_time' is not a timestamp. Use a 32-bit Unix timestamp."),
        Rejected(11, "1011ef01", "attr_vec", "VECTOR", "NOT_A_VECTOR", "[1, \"a\", 3]",
            "The value for 'attr_vec' is not a vector. Provide a list of numeric values."),
        Rejected(12, "1012f012", "extra_col", "STRING", "EXTRA_COLUMN", "foo", "The column 'extra_col' is not in the schema. Remove or update your schema."),
        Rejected(13, "1013abcd", "attr_req", "STRING", "NULL_VALUE", null, "The column 'attr_req' is null or blank. Provide a valid value for this column."),
        Rejected(14, "1014bcde", "attr_x", "FLOAT", "UNSUPPORTED_TYPE", "3.14", "The column 'attr_x' uses unsupported type 'FLOAT'. Use a supported type."),
    ];
}
