namespace Batch.Client;

/// <summary>A chunk that could not be processed at all, kept with its rows: they were neither loaded nor rejected, but abandoned.</summary>
public sealed record DeadLetter
{
    /// <summary>Job and chunk, <c>a5b6…9a:17</c>.</summary>
    public required string DeadLetterId { get; init; }
    public required string JobId { get; init; }
    public required string ModelId { get; init; }
    /// <summary>Counts from 0 within the job.</summary>
    public int Chunk { get; init; }
    public long FirstRow { get; init; }
    public long LastRow { get; init; }
    /// <summary>Rows of the chunk.</summary>
    public long Rows { get; init; }
    /// <summary>How often it was tried.</summary>
    public int Attempts { get; init; }
    /// <summary>What went wrong the last time.</summary>
    public required string Error { get; init; }
    /// <summary>The machine that gave it up.</summary>
    public string Worker { get; init; } = "";
    public DateTimeOffset At { get; init; }
    /// <summary>The job that its rows were run again in; null: none yet.</summary>
    public string? RetryJobId { get; init; }
}

/// <param name="Next">Cursor of the page that follows; null on the last.</param>
public sealed record DeadLetterList(IReadOnlyList<DeadLetter> DeadLetters, string? Next);

/// <summary>Which dead letters to list.</summary>
public sealed record DeadLetterQuery
{
    /// <summary>1 to 1,000; 100 by default.</summary>
    public int? Limit { get; init; }
    public string? Cursor { get; init; }
    /// <summary>Only those of this job: an id or a unique prefix of one.</summary>
    public string? Job { get; init; }
}
