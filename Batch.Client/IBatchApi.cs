using System.Text.Json;

namespace Batch.Client;

/// <summary>The Batch API, one method a route.</summary>
/// <remarks>Every method throws <see cref="BatchApiException"/> for an answer that is not a success, and
/// <see cref="BatchUnreachableException"/> where there was no answer.</remarks>
public interface IBatchApi
{
    /// <summary><c>GET /models</c></summary>
    Task<IReadOnlyList<Model>> ListModelsAsync(CancellationToken cancellationToken);
    /// <summary><c>GET /models/{model}</c>: an id, a unique prefix of one (4 or more digits), or a name.</summary>
    Task<Model> GetModelAsync(string model, CancellationToken cancellationToken);
    /// <summary><c>POST /models</c></summary>
    Task<Model> CreateModelAsync(CreateModelRequest request, CancellationToken cancellationToken);
    /// <summary><c>PUT /models/{model}</c>: makes a new version.</summary>
    Task<Model> UpdateModelAsync(string model, CreateModelRequest request, CancellationToken cancellationToken);
    /// <summary><c>DELETE /models/{model}</c>; <paramref name="dropData"/> also drops its table.</summary>
    Task DeleteModelAsync(string model, bool dropData, CancellationToken cancellationToken);

    /// <summary><c>GET /jobs</c>, newest first.</summary>
    Task<JobList> ListJobsAsync(JobQuery query, CancellationToken cancellationToken);
    /// <summary><c>POST /jobs</c>: uploads <paramref name="file"/> as it is read, whatever its size.</summary>
    Task<JobStatus> CreateJobAsync(CreateJobRequest request, Stream file, CancellationToken cancellationToken);
    /// <summary><c>GET /jobs/{job}</c>: an id or a unique prefix of one (4 or more digits).</summary>
    Task<JobStatus> GetJobAsync(string job, CancellationToken cancellationToken);
    /// <summary><c>DELETE /jobs/{job}</c></summary>
    Task<CancelJobResponse> CancelJobAsync(string job, CancellationToken cancellationToken);
    /// <summary><c>GET /jobs/{job}/rejected</c></summary>
    Task<RejectedPage> GetRejectedAsync(string job, RejectedQuery query, CancellationToken cancellationToken);
    /// <summary><c>GET /jobs/{job}/rejected?format=…</c>: all of them, as a stream of <c>csv</c> or <c>ndjson</c>.</summary>
    Task<Stream> ExportRejectedAsync(string job, string format, CancellationToken cancellationToken);
    /// <summary>The same for the errors of one code or column; as CSV, for the rows that have such an error.</summary>
    /// <param name="query">Its <see cref="RejectedQuery.Code"/> and <see cref="RejectedQuery.Column"/>; a stream has no pages.</param>
    Task<Stream> ExportRejectedAsync(string job, string format, RejectedQuery query, CancellationToken cancellationToken);
    /// <summary><c>GET /jobs/{job}/rejected/summary</c>: errors by column and code, most first.</summary>
    Task<IReadOnlyList<RejectedSummary>> GetRejectedSummaryAsync(string job, CancellationToken cancellationToken);
    /// <summary><c>POST /jobs/{job}/reprocess</c>: a new job out of the stored rejected rows.</summary>
    Task<JobStatus> ReprocessAsync(string job, CancellationToken cancellationToken);
    /// <summary>The same with a choice of rows, and values set in them.</summary>
    Task<JobStatus> ReprocessAsync(string job, ReprocessRequest request, CancellationToken cancellationToken);
    /// <summary><c>POST /jobs/{job}/reprocess</c> with a CSV body: a new job out of rows that were exported and put right.</summary>
    /// <param name="fixedRows">CSV as <see cref="ExportRejectedAsync"/> gives it; its column <c>_row</c> keeps each row's number.</param>
    Task<JobStatus> ReprocessFileAsync(string job, Stream fixedRows, string? fileName, IProgress<long>? progress,
        CancellationToken cancellationToken);
    /// <summary>The same with a label, a limit of errors, or gzip.</summary>
    Task<JobStatus> ReprocessFileAsync(string job, ReprocessRequest request, Stream fixedRows, CancellationToken cancellationToken);
    /// <summary><c>GET /jobs/{job}/verify</c></summary>
    Task<VerifyReport> VerifyAsync(string job, CancellationToken cancellationToken);
    /// <summary><c>GET /dead-letters</c>, newest first.</summary>
    Task<DeadLetterList> ListDeadLettersAsync(DeadLetterQuery query, CancellationToken cancellationToken);
    /// <summary><c>GET /dead-letters/{id}/rows</c>: the header line and the rows of the chunk, as they stood in the file.</summary>
    Task<Stream> GetDeadLetterRowsAsync(string id, CancellationToken cancellationToken);
    /// <summary><c>POST /dead-letters/{id}/retry</c>: a new job out of the rows of the chunk; the same job however often it is asked for.</summary>
    Task<JobStatus> RetryDeadLetterAsync(string id, CancellationToken cancellationToken);
    /// <summary><c>POST /schema</c>: infers a JSON Schema from a CSV body.</summary>
    Task<JsonElement> InferSchemaAsync(Stream csv, CancellationToken cancellationToken);
    /// <summary>The same, with a say in how the file is read and what is written.</summary>
    Task<JsonElement> InferSchemaAsync(Stream csv, InferSchemaRequest request, CancellationToken cancellationToken);
}

/// <summary>Which jobs to list.</summary>
public sealed record JobQuery
{
    /// <summary>1 to 1,000; 100 unless told.</summary>
    public int? Limit { get; init; }
    public string? Cursor { get; init; }
    public JobState? State { get; init; }
    public string? Model { get; init; }
}

/// <summary>Which errors to page through.</summary>
public sealed record RejectedQuery
{
    /// <summary>1 to 10,000; 1,000 unless told.</summary>
    public int? Limit { get; init; }
    public string? Cursor { get; init; }
    public string? Code { get; init; }
    public string? Column { get; init; }
}

/// <summary>What goes with an upload.</summary>
public sealed record CreateJobRequest
{
    public required string ModelId { get; init; }
    public string? FileName { get; init; }
    /// <summary>A file is loaded once under its label, however often it is sent: <see cref="JobStatus.WasThere"/>. A load that broke off is carried on.</summary>
    public string? Label { get; init; }
    /// <summary><c>,</c> (the default), <c>;</c>, <c>|</c> or a tab.</summary>
    public char? Delimiter { get; init; }
    public bool? IgnoreExtraColumns { get; init; }
    /// <summary><c>reject</c> or <c>pad</c>; null: as the model says.</summary>
    public string? ShortRows { get; init; }
    /// <summary><c>strict</c> or <c>literal</c>; null: as the model says.</summary>
    public string? Quotes { get; init; }
    /// <summary>The job fails once more rows than this were rejected; null: no limit.</summary>
    public long? MaxErrors { get; init; }
    /// <summary>The stream is gzip already.</summary>
    public bool Gzip { get; init; }
    /// <summary>Told the bytes sent so far.</summary>
    public IProgress<long>? Progress { get; init; }
}

/// <summary>Which rejected rows to run again, and what to put right in them.</summary>
public sealed record ReprocessRequest
{
    /// <summary>Only rows with an error of this code; only for rows as they are stored.</summary>
    public string? Code { get; init; }
    /// <summary>Only rows with an error in this column; only for rows as they are stored.</summary>
    public string? Column { get; init; }
    /// <summary>Values to set, by column, in every row that is run again; only for rows as they are stored.</summary>
    public IReadOnlyDictionary<string, string> Set { get; init; } = new Dictionary<string, string>();
    public string? Label { get; init; }
    /// <summary>The job fails once more rows than this were rejected; null: no limit.</summary>
    public long? MaxErrors { get; init; }
    /// <summary>Whether columns that the model does not have are skipped; null: those that the source job skipped.</summary>
    public bool? IgnoreExtraColumns { get; init; }
    /// <summary>Rows that are repaired already are loaded once more.</summary>
    public bool Again { get; init; }
    /// <summary>Only for a file.</summary>
    public string? FileName { get; init; }
    /// <summary>The file is gzip already.</summary>
    public bool Gzip { get; init; }
    /// <summary>Told the bytes of the file sent so far.</summary>
    public IProgress<long>? Progress { get; init; }
}

/// <summary>How to infer a schema.</summary>
public sealed record InferSchemaRequest
{
    /// <summary><c>,</c> <c>;</c> <c>|</c> or a tab; null: whichever splits the file best.</summary>
    public char? Delimiter { get; init; }
    /// <summary><c>json</c> (a JSON Schema, the default) or <c>clickhouse</c> (<c>{"column":"Type"}</c>); both fit <c>POST /models</c>.</summary>
    public string? Format { get; init; }
    /// <summary>Says in each column's <c>$comment</c> what the file showed.</summary>
    public bool Evidence { get; init; }
    /// <summary>The stream is gzip already.</summary>
    public bool Gzip { get; init; }
    /// <summary>Told the bytes sent so far.</summary>
    public IProgress<long>? Progress { get; init; }
}
