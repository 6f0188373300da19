namespace Batch.Client;

/// <summary>A job and its figures. When it is over, <c>success + errors + abandoned = total</c>.</summary>
public sealed record JobStatus
{
    /// <summary>32 lowercase hex digits.</summary>
    public required string JobId { get; init; }
    public required string TenantId { get; init; }
    public required string ModelId { get; init; }
    public string ModelName { get; init; } = "";
    /// <summary>The version of the model that the job started with; every row is validated against this one.</summary>
    public int ModelVersion { get; init; }
    /// <summary>Rows seen by the upload so far; exact once the upload has ended.</summary>
    public long Total { get; init; }
    /// <summary>Rows loaded.</summary>
    public long Success { get; init; }
    /// <summary>Rows rejected, each with at least one error.</summary>
    public long Errors { get; init; }
    /// <summary>Rows neither loaded nor rejected: the job was over before their turn came.</summary>
    public long Abandoned { get; init; }
    /// <summary>Blank lines of the file, which were skipped; null until the upload has ended. In a file of one column they are rows.</summary>
    public long? BlankLines { get; init; }
    /// <summary>floor(100 × success / total); 100 for a job of no rows that succeeded.</summary>
    public int Percent { get; init; }
    public required JobState State { get; init; }
    /// <summary>Machine-readable reason of FAILED, for example <c>UPLOAD_INTERRUPTED</c>; null otherwise.</summary>
    public string? FailureCode { get; init; }
    /// <summary>The same in words.</summary>
    public string? Failure { get; init; }
    public string? FileName { get; init; }
    /// <summary>The caller's <c>Idempotency-Key</c> or <c>label</c>.</summary>
    public string? Label { get; init; }
    /// <summary>The job whose rejected rows this one re-runs.</summary>
    public string? SourceJobId { get; init; }
    /// <summary>
    /// Columns that the file's header line names and the model has not, in the file's order; at most
    /// 1,000, and <see cref="Warnings"/> has the count then.
    /// </summary>
    public IReadOnlyList<string> IgnoredColumns { get; init; } = [];
    /// <summary>Sentences about what is allowed in the file but probably a mistake.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
    /// <summary>How the file differed from plain CSV; null where it did not.</summary>
    [System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)]
    public Dialect? Dialect { get; init; }
    /// <summary>Rows that this job was to re-run and left out, because they are repaired already; null where it re-runs nothing.</summary>
    public long? AlreadyRepaired { get; init; }
    /// <summary>
    /// How many of this job's rejected rows later jobs have loaded. Only <c>GET /jobs/{id}</c>
    /// says it, and only of a job that is over and has errors.
    /// </summary>
    public long? Repaired { get; init; }
    /// <summary>How often the load was resumed; null if it never broke off.</summary>
    [System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)]
    public int? Attempt { get; init; }
    /// <summary>Creation to first chunk started (or to now), in milliseconds.</summary>
    public long WaitingMs { get; init; }
    /// <summary>First chunk started to last receipt (or to now), in milliseconds.</summary>
    public long ProcessingMs { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>In the answer to an upload: the job was there before under this label, and got nothing of this request.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool WasThere { get; init; }

    /// <summary>Over: no row of it will be looked at any more, and the figures are final.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool IsOver => State is JobState.Success or JobState.PartialSuccess or JobState.Failed or JobState.Cancelled;
}

/// <summary>One page of jobs, newest first. <see cref="Next"/> is the <c>cursor</c> of the next page; null on the last.</summary>
public sealed record JobList(IReadOnlyList<JobStatus> Jobs, string? Next);

/// <summary>The answer to <c>DELETE /jobs/{id}</c>: <c>{"status":"cancelled"}</c>.</summary>
public sealed record CancelJobResponse(string Status);
