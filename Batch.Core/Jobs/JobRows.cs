using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Batch.Core.Jobs;

/// <summary>An event as it is inserted. ClickHouse sets the time: <see cref="AgoMs"/> before now.</summary>
internal sealed record JobEventRow(
    string TenantId, string JobId, string Event, string? ModelId, string? FinalState, string? HeaderLine, string Facts,
    [property: JsonIgnore] long HappenedAt)
{
    /// <summary>At the moment it is written: an event that had to wait for ClickHouse keeps its time.</summary>
    public long AgoMs => (long)Stopwatch.GetElapsedTime(HappenedAt).TotalMilliseconds;

    public static readonly string[] Columns = ["tenant_id", "job_id", "event", "ago_ms", "model_id", "final_state", "header_line", "facts"];

    public static JobEventRow Of(JobEvent happened) => new(
        happened.Key.TenantId, happened.Key.JobId, happened.Name, happened.Facts.ModelId, happened.Facts.FinalState, happened.Facts.HeaderLine,
        JsonSerializer.Serialize(happened.Facts, JobJson.Default.JobEventFacts), happened.HappenedAt);
}

/// <summary>An event as it is read.</summary>
/// <param name="AtMs">Unix time of ClickHouse's clock in milliseconds.</param>
/// <param name="ReadMs">The same clock at the reading.</param>
internal sealed record ReadEventRow(
    string TenantId, string JobId, string Event, long AtMs, string ModelId, string FinalState, string HeaderLine, string Facts, long ReadMs,
    long ServerStartedMs)
{
    public JobKey Key => new(TenantId, JobId);
}

/// <summary>A receipt as it is inserted. ClickHouse sets the times: <see cref="DurationMs"/> before now, and now.</summary>
internal sealed record ReceiptRow(
    string TenantId, string JobId, int Ordinal, long DurationMs, long Rows, long Success, long Errors, string Worker)
{
    public static readonly string[] Columns = ["tenant_id", "job_id", "ordinal", "duration_ms", "rows", "success", "errors", "worker"];
}

internal sealed record ReceiptKeyRow(string TenantId, string JobId, int Ordinal);

internal sealed record ErrorsRow(long Errors);

/// <summary>A receipt as it is read: it may be there several times, and folds by maxima and by the earliest times.</summary>
internal sealed record ReadReceiptRow(
    string TenantId, string JobId, int Ordinal, long Rows, long Success, long Errors, long StartedMs, long FinishedMs)
{
    public JobKey Key => new(TenantId, JobId);
}

internal sealed record FiguresRow(
    string TenantId, string JobId, long Receipts, long ReceiptRows, long ReceiptSuccess, long ReceiptErrors, long LastOrdinal,
    long FirstStartedMs, long LastFinishedMs)
{
    public JobKey Key => new(TenantId, JobId);

    /// <param name="receipts">All that there are of one job; at least one.</param>
    public static FiguresRow Of(IGrouping<JobKey, ReadReceiptRow> receipts)
    {
        var chunks = receipts.GroupBy(row => row.Ordinal).ToList();
        return new(
            receipts.Key.TenantId, receipts.Key.JobId, chunks.Count, chunks.Sum(chunk => chunk.Max(row => row.Rows)),
            chunks.Sum(chunk => chunk.Max(row => row.Success)), chunks.Sum(chunk => chunk.Max(row => row.Errors)),
            chunks.Max(chunk => chunk.Key), chunks.Min(chunk => chunk.Min(row => row.StartedMs)), chunks.Max(chunk => chunk.Min(row => row.FinishedMs)));
    }
}

internal sealed record KeyRow(string TenantId, string JobId);

/// <param name="AtMs">The later of the times that the job is listed by.</param>
internal sealed record ListedRow(string TenantId, string JobId, long AtMs);

internal sealed record CountRow(long Rows, long DistinctRows);

internal sealed record RowNumber(long Number);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(JobEventRow))]
[JsonSerializable(typeof(ReadEventRow))]
[JsonSerializable(typeof(JobEventFacts))]
[JsonSerializable(typeof(ReceiptRow))]
[JsonSerializable(typeof(ReceiptKeyRow))]
[JsonSerializable(typeof(ErrorsRow))]
[JsonSerializable(typeof(ReadReceiptRow))]
[JsonSerializable(typeof(FiguresRow))]
[JsonSerializable(typeof(KeyRow))]
[JsonSerializable(typeof(ListedRow))]
[JsonSerializable(typeof(CountRow))]
[JsonSerializable(typeof(RowNumber))]
[JsonSerializable(typeof(RowSetFigures))]
[JsonSerializable(typeof(LineageFigures))]
internal sealed partial class JobJson : JsonSerializerContext;
