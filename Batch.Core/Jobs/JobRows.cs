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
        happened.Key.TenantId, happened.Key.JobId, happened.RowName, happened.Facts.ModelId, happened.Facts.FinalState, happened.Facts.HeaderLine,
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
    string TenantId, string JobId, int Ordinal, long DurationMs, long Rows, long Success, long Errors, int Attempt, uint Checksum, string Worker)
{
    public static readonly string[] Columns =
        ["tenant_id", "job_id", "ordinal", "duration_ms", "rows", "success", "errors", "attempt", "checksum", "worker"];
}

/// <summary>What the receipts of a chunk say of it: maxima, where there are several.</summary>
internal sealed record ReadChunkRow(string TenantId, string JobId, int Ordinal, long Rows, long Success, long Errors, int Attempt, uint Checksum)
{
    public (JobKey, int) Key => (new(TenantId, JobId), Ordinal);

    /// <summary>Every row of it is loaded or rejected, whatever the attempt.</summary>
    public bool IsComplete => Success + Errors == Rows;

    public ReadChunkRow Or(ReadChunkRow other) => this with
    {
        Rows = Math.Max(Rows, other.Rows), Success = Math.Max(Success, other.Success), Errors = Math.Max(Errors, other.Errors),
        Attempt = Math.Max(Attempt, other.Attempt), Checksum = Math.Max(Checksum, other.Checksum),
    };
}

internal sealed record ErrorsRow(long Errors);

/// <summary>A receipt as it is read: it may be there several times, and folds by maxima and by the earliest times.</summary>
internal sealed record ReadReceiptRow(
    string TenantId, string JobId, int Ordinal, long Rows, long Success, long Errors, long Attempt, long StartedMs, long FinishedMs)
{
    public JobKey Key => new(TenantId, JobId);
}

/// <summary>Sums over those receipts of a job that are done for the same attempts.</summary>
/// <param name="Attempt">The last attempt for which they are: their own where rows were given up, else <see cref="Every"/>.</param>
internal sealed record FiguresRow(
    string TenantId, string JobId, long Attempt, long Receipts, long ReceiptRows, long ReceiptSuccess, long ReceiptErrors, long LastOrdinal,
    long FirstStartedMs, long LastFinishedMs)
{
    /// <summary>Every row was loaded or rejected: no attempt has to bring the chunk again.</summary>
    public const long Every = uint.MaxValue;

    public JobKey Key => new(TenantId, JobId);

    /// <param name="receipts">All that there are of some jobs.</param>
    public static IEnumerable<FiguresRow> Of(IEnumerable<ReadReceiptRow> receipts) => receipts
        .GroupBy(row => (row.Key, row.Ordinal)).Select(Fold)
        .GroupBy(chunk => (chunk.Key, DoneFor(chunk)))
        .Select(some => new FiguresRow(
            some.Key.Key.TenantId, some.Key.Key.JobId, some.Key.Item2, some.Count(), some.Sum(chunk => chunk.Rows),
            some.Sum(chunk => chunk.Success), some.Sum(chunk => chunk.Errors), some.Max(chunk => chunk.Ordinal),
            some.Min(chunk => chunk.StartedMs), some.Max(chunk => chunk.FinishedMs)));

    static long DoneFor(ReadReceiptRow chunk) => chunk.Success + chunk.Errors == chunk.Rows ? Every : chunk.Attempt;

    static ReadReceiptRow Fold(IEnumerable<ReadReceiptRow> receipts) => receipts.Aggregate((one, other) => one with
    {
        Rows = Math.Max(one.Rows, other.Rows), Success = Math.Max(one.Success, other.Success), Errors = Math.Max(one.Errors, other.Errors),
        Attempt = Math.Max(one.Attempt, other.Attempt),
        StartedMs = Math.Min(one.StartedMs, other.StartedMs), FinishedMs = Math.Min(one.FinishedMs, other.FinishedMs),
    });
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
[JsonSerializable(typeof(ReadChunkRow))]
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
