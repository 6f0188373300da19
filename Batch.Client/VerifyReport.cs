namespace Batch.Client;

/// <summary>A job's figures held against the tables: the row conservation law.</summary>
public sealed record VerifyReport
{
    public required string JobId { get; init; }
    public required JobState State { get; init; }
    public required long Total { get; init; }
    public required long Success { get; init; }
    public required long Errors { get; init; }
    public required long Abandoned { get; init; }
    /// <summary><c>count()</c> of the data table for this job.</summary>
    public required long RowsInTable { get; init; }
    /// <summary><c>uniqExact(_row)</c> of the data table for this job.</summary>
    public required long DistinctRowsInTable { get; init; }
    /// <summary><c>uniqExact(row)</c> of rejected_rows for this job, header entries left out.</summary>
    public required long RejectedRowsInTable { get; init; }
    /// <summary>Every figure agrees with every other.</summary>
    public required bool Consistent { get; init; }
    /// <summary>What does not agree, in words; empty where all does.</summary>
    public required IReadOnlyList<string> Breaches { get; init; }
}
