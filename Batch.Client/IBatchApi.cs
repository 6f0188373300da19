using System.Text.Json;
using System.Text.Json.Serialization;
using Refit;

namespace Batch.Client;

/// <summary>The routes of the Batch API. The requests are generated from this when it is compiled; <see cref="BatchClient"/> is what to call.</summary>
/// <remarks>An id of a job or a model is 32 hex digits or a unique prefix of them (4 or more); for a model its name will do as well.</remarks>
public interface IBatchApi
{
    /// <summary>By name, as an array; what comes next stands in the header <c>Link</c>, hence the whole answer.</summary>
    [Get("/models")]
    Task<HttpResponseMessage> ListModelsAsync([Query] ModelQuery query, CancellationToken cancellationToken);

    [Get("/models/{model}")]
    Task<Model> GetModelAsync(string model, CancellationToken cancellationToken);

    [Post("/models")]
    Task<Model> CreateModelAsync([Body] CreateModelRequest request, CancellationToken cancellationToken);

    /// <summary>Makes a new version.</summary>
    [Put("/models/{model}")]
    Task<Model> UpdateModelAsync(string model, [Body] CreateModelRequest request, CancellationToken cancellationToken);

    /// <param name="dropData">Drops its table too.</param>
    [Delete("/models/{model}")]
    Task<DeleteModelResponse> DeleteModelAsync(string model, [AliasAs("drop_data")] bool dropData, CancellationToken cancellationToken);

    /// <summary>Newest first.</summary>
    [Get("/jobs")]
    Task<JobList> ListJobsAsync([Query] JobQuery query, CancellationToken cancellationToken);

    /// <param name="file">Sent as it is read, whatever its size.</param>
    [Post("/jobs")]
    Task<JobStatus> CreateJobAsync([Query] CreateJobRequest request, [Body] HttpContent file, CancellationToken cancellationToken);

    [Get("/jobs/{job}")]
    Task<JobStatus> GetJobAsync(string job, CancellationToken cancellationToken);

    [Delete("/jobs/{job}")]
    Task<CancelJobResponse> CancelJobAsync(string job, CancellationToken cancellationToken);

    [Get("/jobs/{job}/rejected")]
    Task<RejectedPage> GetRejectedAsync(string job, [Query] RejectedQuery query, CancellationToken cancellationToken);

    /// <summary>All of them as a stream of <c>csv</c> or <c>ndjson</c>: the errors of one code or column; as CSV, the rows that have such an error.</summary>
    [Get("/jobs/{job}/rejected")]
    Task<Stream> ExportRejectedAsync(string job, string format, [Query] RejectedQuery query, CancellationToken cancellationToken);

    /// <summary>Errors by column and code, most first.</summary>
    [Get("/jobs/{job}/rejected/summary")]
    Task<IReadOnlyList<RejectedSummary>> GetRejectedSummaryAsync(string job, CancellationToken cancellationToken);

    /// <summary>A new job out of the stored rejected rows.</summary>
    [Post("/jobs/{job}/reprocess")]
    Task<JobStatus> ReprocessAsync(string job, [Query] ReprocessRequest request, CancellationToken cancellationToken);

    /// <summary>A new job out of rows that were exported and fixed.</summary>
    /// <param name="fixedRows">CSV as <see cref="ExportRejectedAsync"/> gives it; its column <c>_row</c> keeps each row's number.</param>
    [Post("/jobs/{job}/reprocess")]
    Task<JobStatus> ReprocessFileAsync(string job, [Query] ReprocessRequest request, [Body] HttpContent fixedRows, CancellationToken cancellationToken);

    [Get("/jobs/{job}/verify")]
    Task<VerifyReport> VerifyAsync(string job, CancellationToken cancellationToken);

    /// <summary>Newest first.</summary>
    [Get("/dead-letters")]
    Task<DeadLetterList> ListDeadLettersAsync([Query] DeadLetterQuery query, CancellationToken cancellationToken);

    /// <summary>The header line and the rows of the chunk, as they stood in the file.</summary>
    [Get("/dead-letters/{id}/rows")]
    Task<Stream> GetDeadLetterRowsAsync(string id, CancellationToken cancellationToken);

    /// <summary>A new job out of the rows of the chunk; the same job however often it is asked for.</summary>
    [Post("/dead-letters/{id}/retry")]
    Task<JobStatus> RetryDeadLetterAsync(string id, CancellationToken cancellationToken);

    /// <summary>Infers a schema from a CSV file.</summary>
    [Post("/schema")]
    Task<JsonElement> InferSchemaAsync([Query] InferSchemaRequest request, [Body] HttpContent csv, CancellationToken cancellationToken);
}

/// <summary>Which models to list.</summary>
public sealed record ModelQuery
{
    /// <summary>1 to 1,000; 1,000 by default.</summary>
    public int? Limit { get; init; }
    public string? Cursor { get; init; }
}

/// <summary>Which jobs to list.</summary>
public sealed record JobQuery
{
    /// <summary>1 to 1,000; 100 by default.</summary>
    public int? Limit { get; init; }
    public string? Cursor { get; init; }
    public JobState? State { get; init; }
    public string? Model { get; init; }
}

/// <summary>Which errors to page through.</summary>
public sealed record RejectedQuery
{
    /// <summary>1 to 10,000; 1,000 by default.</summary>
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
    /// <summary>
    /// A file is loaded once under its label, however often it is sent: <see cref="JobStatus.WasThere"/>. A load that broke off is carried on.
    /// </summary>
    public string? Label { get; init; }
    /// <summary>How the file differs from plain CSV; what is null in it, and all of it where it is null itself, is as the model says.</summary>
    [JsonIgnore]
    public Dialect? Dialect { get; init; }
    [JsonIgnore]
    public bool? IgnoreExtraColumns { get; init; }
    /// <summary><see cref="IgnoreExtraColumns"/> as the query has it.</summary>
    public string? ExtraColumns => IgnoreExtraColumns switch { true => "ignore", false => "reject", null => null };
    /// <summary><c>reject</c> or <c>pad</c>; null: as the model says.</summary>
    public string? ShortRows { get; init; }
    /// <summary><c>strict</c> or <c>literal</c>; null: as the model says.</summary>
    public string? Quotes { get; init; }
    /// <summary>False: the file is read as told, also where its header line shows that it is written in another way.</summary>
    [JsonIgnore]
    public bool Detects { get; init; } = true;
    /// <summary><see cref="Detects"/> as the query has it.</summary>
    public string? Detect => Detects ? null : "false";
    // The dialect as the query has it.
    public string? Encoding => Dialect?.Encoding;
    public int? Skip => Dialect?.Skip;
    public int? Header => Dialect?.Header;
    public int? Footer => Dialect?.Footer;
    public string? Delimiter => Dialect?.Delimiter is "\t" ? "tab" : Dialect?.Delimiter;
    public string? Quote => Dialect?.Quote is "" ? "none" : Dialect?.Quote;
    public string? Escape => Dialect?.Escape is "" ? "doubled" : Dialect?.Escape;
    public string? Comment => Dialect?.Comment is "" ? "none" : Dialect?.Comment;
    public string? NullValues => Client.Dialect.List(Dialect?.NullValues);
    public string? TrueValues => Client.Dialect.List(Dialect?.TrueValues);
    public string? FalseValues => Client.Dialect.List(Dialect?.FalseValues);
    public string? Decimal => Dialect?.Decimal;
    public string? Thousands => Dialect?.Thousands switch { "" => "none", " " => "space", var text => text };
    public string? Currency => Client.Dialect.List(Dialect?.Currency);
    public string? Trim => Dialect?.Trim switch { true => "true", false => "false", null => null };
    /// <summary>The job fails once more rows than this are rejected; null: no limit.</summary>
    public long? MaxErrors { get; init; }
    /// <summary>The stream is gzip already.</summary>
    [JsonIgnore]
    public bool Gzip { get; init; }
    /// <summary>Told the bytes sent so far.</summary>
    [JsonIgnore]
    public IProgress<long>? Progress { get; init; }
}

/// <summary>Which rejected rows to run again, and what to fix in them.</summary>
public sealed record ReprocessRequest
{
    /// <summary>Only rows with an error of this code; only for rows as they are stored.</summary>
    public string? Code { get; init; }
    /// <summary>Only rows with an error in this column; only for rows as they are stored.</summary>
    public string? Column { get; init; }
    /// <summary>Only for a file.</summary>
    public string? FileName { get; init; }
    public string? Label { get; init; }
    /// <summary>The job fails once more rows than this are rejected; null: no limit.</summary>
    public long? MaxErrors { get; init; }
    /// <summary>Whether columns that the model does not have are skipped; null: those that the source job skipped.</summary>
    [JsonIgnore]
    public bool? IgnoreExtraColumns { get; init; }
    /// <summary><see cref="IgnoreExtraColumns"/> as the query has it.</summary>
    public string? ExtraColumns => IgnoreExtraColumns switch { true => "ignore", false => "reject", null => null };
    /// <summary>Rows that are repaired already are loaded once more.</summary>
    public bool Again { get; init; }
    /// <summary>Values to set, by column, in every row that is run again; only for rows as they are stored.</summary>
    [JsonIgnore]
    public IReadOnlyDictionary<string, string> Set { get; init; } = new Dictionary<string, string>();
    /// <summary><see cref="Set"/> as the query has it, <c>column=value</c> each.</summary>
    [AliasAs("set"), Query(CollectionFormat.Multi)]
    public IReadOnlyList<string> Assignments => [.. Set.Select(pair => $"{pair.Key}={pair.Value}")];
    /// <summary>The file is gzip already.</summary>
    [JsonIgnore]
    public bool Gzip { get; init; }
    /// <summary>Told the bytes of the file sent so far.</summary>
    [JsonIgnore]
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
    [JsonIgnore]
    public bool Gzip { get; init; }
    /// <summary>Told the bytes sent so far.</summary>
    [JsonIgnore]
    public IProgress<long>? Progress { get; init; }
}
