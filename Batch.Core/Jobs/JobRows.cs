using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Batch.Core.Jobs;

/// <summary>An event as it is inserted. ClickHouse sets the time: <see cref="AgoMs"/> before now.</summary>
internal sealed record JobEventRow(
    string TenantId, string JobId, string Event, int Ordinal, string? ModelId, string? FinalState, string? HeaderLine, string Facts,
    [property: JsonIgnore] long HappenedAt)
{
    /// <summary>At the moment it is written: an event that had to wait for ClickHouse keeps its time.</summary>
    public long AgoMs => (long)Stopwatch.GetElapsedTime(HappenedAt).TotalMilliseconds;

    public static readonly string[] Columns = ["tenant_id", "job_id", "event", "ordinal", "ago_ms", "model_id", "final_state", "header_line", "facts"];

    public static JobEventRow Of(JobEvent happened) => new(
        happened.Key.TenantId, happened.Key.JobId, happened.RowName, happened.Ordinal, happened.Facts.ModelId, happened.Facts.FinalState,
        happened.Facts.HeaderLine, JsonSerializer.Serialize(happened.Facts, JobJson.Default.JobEventData), happened.HappenedAt);
}

/// <summary>An event as it is read; of receipts one, or the sum of those that are done for the same attempts.</summary>
/// <param name="Ordinal">Of a chunk; of several the last.</param>
/// <param name="AtMs">Unix time of ClickHouse's clock in milliseconds; of several the first.</param>
/// <param name="ReadMs">The same clock at the reading.</param>
/// <param name="Chunks">How many receipts are added up; 0: it is as it stands in the table, and its facts say what the next ones would.</param>
/// <param name="FinishedMs">The last of them.</param>
internal sealed record ReadEventRow(
    string TenantId, string JobId, string Event, int Ordinal, long AtMs, string ModelId, string FinalState, string HeaderLine, string Facts,
    long ReadMs, long ServerStartedMs, long Chunks, long Rows, long Success, long Errors, int Attempt, long FinishedMs)
{
    public JobKey Key => new(TenantId, JobId);
}

/// <summary>What the receipts of a chunk say of it, whatever the attempts: maxima, where there are several.</summary>
internal sealed record ReadChunkRow(int Ordinal, long Rows, long Success, long Errors, uint Checksum)
{
    /// <summary>Every row of it is loaded or rejected, whatever the attempt.</summary>
    public bool IsComplete => Success + Errors == Rows;
}

internal sealed record ErrorsRow(long Errors);

internal sealed record KeyRow(string TenantId, string JobId);

/// <param name="AtMs">The later of the times that the job is listed by.</param>
internal sealed record ListedRow(string TenantId, string JobId, long AtMs);

internal sealed record RowNumber(long Number);

/// <param name="Chunk">Which of the chunks that were asked about, from 1.</param>
internal sealed record ChunkCountRow(long Chunk, long Rows);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(JobEventRow))]
[JsonSerializable(typeof(ReadEventRow))]
[JsonSerializable(typeof(JobEventData))]
[JsonSerializable(typeof(ReadChunkRow))]
[JsonSerializable(typeof(ErrorsRow))]
[JsonSerializable(typeof(KeyRow))]
[JsonSerializable(typeof(ListedRow))]
[JsonSerializable(typeof(RowNumber))]
[JsonSerializable(typeof(ChunkCountRow))]
internal sealed partial class JobJson : JsonSerializerContext;
