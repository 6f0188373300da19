using System.Diagnostics.Metrics;

namespace Batch.Core.Telemetry;

/// <summary>What became of rows, per model. Counted when a chunk's receipt is written, so a redelivered chunk is not counted twice.</summary>
public static class RowMetrics
{
    // Models are made by users: beyond this many, further ones share the label "other".
    static readonly BoundedLabel Models = new(capacity: 100);
    // Codes are ours and few; the bound only keeps a bug from becoming a memory leak.
    static readonly BoundedLabel Codes = new(capacity: 50);

    static readonly Counter<long> AcceptedRows = BatchTelemetry.Meter.CreateCounter<long>(
        "batch.rows.accepted", "{row}", "Rows loaded into ClickHouse.");

    static readonly Counter<long> RejectedRows = BatchTelemetry.Meter.CreateCounter<long>(
        "batch.rows.rejected", "{row}", "Rows with at least one error.");

    static readonly Counter<long> AbandonedRows = BatchTelemetry.Meter.CreateCounter<long>(
        "batch.rows.abandoned", "{row}", "Rows never processed because their job was over or their chunk could not be processed.");

    static readonly Counter<long> RowErrors = BatchTelemetry.Meter.CreateCounter<long>(
        "batch.row.errors", "{error}", "Errors found in rows, by code; a row can have several.");

    /// <param name="model">The model's name.</param>
    public static void Accepted(string model, long rows) => Count(AcceptedRows, model, rows);

    /// <param name="model">The model's name.</param>
    public static void Rejected(string model, long rows) => Count(RejectedRows, model, rows);

    /// <param name="model">The model's name.</param>
    public static void Abandoned(string model, long rows) => Count(AbandonedRows, model, rows);

    /// <param name="model">The model's name.</param>
    /// <param name="code">One of <see cref="ErrorCodes"/>.</param>
    public static void Errors(string model, string code, long errors)
    {
        if (errors > 0)
            RowErrors.Add(errors, new("model", Models.Of(model)), new("code", Codes.Of(code)));
    }

    static void Count(Counter<long> counter, string model, long rows)
    {
        if (rows > 0)
            counter.Add(rows, new KeyValuePair<string, object?>("model", Models.Of(model)));
    }
}
