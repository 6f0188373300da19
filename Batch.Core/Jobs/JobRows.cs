using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Batch.Core.Jobs;

/// <summary>An event as it is inserted. ClickHouse sets the time: <see cref="AgoMs"/> before now. What is null is left to the table's defaults.</summary>
internal sealed record JobEventRow(
    string TenantId, string JobId, string Event, string? ModelId, string? FinalState, string? HeaderLine, string? Facts,
    [property: JsonIgnore] long HappenedAt)
{
    /// <summary>At the moment it is written: an event that had to wait for ClickHouse keeps its time.</summary>
    public long AgoMs => (long)Stopwatch.GetElapsedTime(HappenedAt).TotalMilliseconds;

    public int? Ordinal { get; init; }
    public long? Rows { get; init; }
    public long? Success { get; init; }
    public long? Errors { get; init; }
    public uint? Checksum { get; init; }
    public long? WaitedMs { get; init; }
    public long? TookMs { get; init; }
    public string? Worker { get; init; }

    public static readonly string[] Columns =
    [
        "tenant_id", "job_id", "event", "ago_ms", "model_id", "final_state", "header_line", "facts",
        "ordinal", "rows", "success", "errors", "checksum", "waited_ms", "took_ms", "worker",
    ];

    public static JobEventRow Of(JobEvent happened)
    {
        var row = new JobEventRow(
            happened.Key.TenantId, happened.Key.JobId, happened.RowName, happened.Facts.ModelId, happened.Facts.FinalState, happened.Facts.HeaderLine,
            happened.Receipt is { Whole: null } ? null : JsonSerializer.Serialize(happened.Facts, JobJson.Default.JobEventFacts), happened.HappenedAt);
        return happened.Receipt is not { } receipt ? row : row with
        {
            Ordinal = receipt.Ordinal,
            Rows = receipt.Rows,
            Success = receipt.Success,
            Errors = receipt.Errors,
            // Of rows that stand in the tables. What was given up whole may come again with other bytes.
            Checksum = receipt.Success + receipt.Errors > 0 ? receipt.Checksum : null,
            WaitedMs = receipt.Whole is null ? null : Between(receipt.AppendedAt, receipt.StartedAt),
            TookMs = Between(receipt.StartedAt, receipt.FinishedAt),
            Worker = receipt.Worker,
        };
    }

    static long Between(DateTimeOffset from, DateTimeOffset to) => Math.Max(0, (long)(to - from).TotalMilliseconds);
}

/// <summary>
/// An event as it is read; of receipts one, or the sum of those that are done for the same attempts: then the times are the first and the last of them.
/// </summary>
/// <param name="Ordinal">Of a chunk; of several the last.</param>
/// <param name="AtMs">Unix time of ClickHouse's clock in milliseconds.</param>
/// <param name="StartedMs">When the work on the chunk was begun; of an event that is no receipt its time.</param>
/// <param name="CreatedMs">The time of the upload, where the event tells of the job.</param>
/// <param name="ReadMs">The same clock at the reading.</param>
/// <param name="Chunks">How many receipts are added up; 0: it is as it stands in the table.</param>
internal sealed record ReadEventRow(
    string TenantId, string JobId, string Event, int Ordinal, long AtMs, long StartedMs, long CreatedMs, string ModelId, string FinalState,
    string HeaderLine, string Facts, long Rows, long Success, long Errors, long Attempt, uint Checksum, long Chunks, long ReadMs, long ServerStartedMs)
{
    public JobKey Key => new(TenantId, JobId);

    public bool IsReceipt => JobEvent.IsReceipt(Event);
}

/// <summary>What the receipts of a chunk say of it, whatever the attempts: maxima, where there are several.</summary>
internal sealed record ReadChunkRow(int Ordinal, long Rows, long Success, long Errors, long Attempt, uint Checksum)
{
    /// <summary>Every row of it is loaded or rejected, whatever the attempt.</summary>
    public bool IsComplete => Success + Errors == Rows;
}

internal sealed record ErrorsRow(long Errors);

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
[JsonSerializable(typeof(ReadChunkRow))]
[JsonSerializable(typeof(ErrorsRow))]
[JsonSerializable(typeof(KeyRow))]
[JsonSerializable(typeof(ListedRow))]
[JsonSerializable(typeof(CountRow))]
[JsonSerializable(typeof(RowNumber))]
[JsonSerializable(typeof(RowSetFigures))]
[JsonSerializable(typeof(LineageFigures))]
internal sealed partial class JobJson : JsonSerializerContext;
