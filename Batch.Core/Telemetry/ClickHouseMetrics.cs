using System.Diagnostics.Metrics;
using System.Globalization;

namespace Batch.Core.Telemetry;

/// <summary>What ClickHouse is asked for, as its clients see it.</summary>
public static class ClickHouseMetrics
{
    static readonly BoundedLabel Tables = new(capacity: 30);
    static readonly BoundedLabel Codes = new(capacity: 50);

    static readonly Histogram<double> InsertDuration = BatchTelemetry.Meter.CreateHistogram(
        "batch.clickhouse.insert.duration", "s", "Time of one insert, by kind of table and outcome.", advice: BatchTelemetry.Seconds);

    static readonly Counter<long> InsertRows = BatchTelemetry.Meter.CreateCounter<long>(
        "batch.clickhouse.insert.rows", "{row}", "Rows sent in inserts that succeeded, by kind of table; a replayed insert counts again.");

    static readonly Counter<long> InsertBytes = BatchTelemetry.Meter.CreateCounter<long>(
        "batch.clickhouse.insert.bytes", "By", "Bytes sent in inserts that succeeded, by kind of table.");

    static readonly Histogram<double> QueryDuration = BatchTelemetry.Meter.CreateHistogram(
        "batch.clickhouse.query.duration", "s", "Time of one statement other than an insert, until its answer began, by outcome.",
        advice: BatchTelemetry.Seconds);

    static readonly Counter<long> ErrorCount = BatchTelemetry.Meter.CreateCounter<long>(
        "batch.clickhouse.errors", "{error}", "Failed requests, by ClickHouse's error code; 0 if there was no answer.");

    /// <param name="table">Unqualified; all data tables share the label "data".</param>
    public static void Inserted(string table, long rows, long bytes, TimeSpan duration)
    {
        var tag = new KeyValuePair<string, object?>("table", KindOf(table));
        InsertDuration.Record(duration.TotalSeconds, tag, new("outcome", "ok"));
        InsertRows.Add(rows, tag);
        InsertBytes.Add(bytes, tag);
    }

    /// <param name="table">Unqualified; all data tables share the label "data".</param>
    /// <param name="errorCode">ClickHouse's; 0 where there was no answer.</param>
    public static void InsertFailed(string table, int errorCode, TimeSpan duration)
    {
        InsertDuration.Record(duration.TotalSeconds, new("table", KindOf(table)), new("outcome", "error"));
        Failed(errorCode);
    }

    public static void Queried(TimeSpan duration) =>
        QueryDuration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("outcome", "ok"));

    /// <param name="errorCode">ClickHouse's; 0 where there was no answer.</param>
    public static void QueryFailed(int errorCode, TimeSpan duration)
    {
        QueryDuration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("outcome", "error"));
        Failed(errorCode);
    }

    static void Failed(int errorCode) =>
        ErrorCount.Add(1, new KeyValuePair<string, object?>("code", Codes.Of(errorCode.ToString(CultureInfo.InvariantCulture))));

    // data_0f3c… one per model: a label each would grow with every model ever made.
    static string KindOf(string table) => table.StartsWith("data_", StringComparison.Ordinal) ? "data" : Tables.Of(table);
}
