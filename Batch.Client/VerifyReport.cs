namespace Batch.Client;

/// <summary>A job's counts compared with the tables, row number by row number.</summary>
/// <remarks>
/// Proven where it is <see cref="Final"/> and <see cref="Consistent"/>: no row of the file is loaded twice, none is both loaded and rejected, and those loaded,
/// rejected and abandoned are all there are.
/// </remarks>
public sealed record VerifyReport
{
    public required string JobId { get; init; }
    public required JobState State { get; init; }
    public required long Total { get; init; }
    public required long Success { get; init; }
    public required long Errors { get; init; }
    public required long Abandoned { get; init; }
    /// <summary>Rows of the data table for this job.</summary>
    public required long RowsInTable { get; init; }
    /// <summary>How many different row numbers these have.</summary>
    public required long DistinctRowsInTable { get; init; }
    /// <summary>How many different rows <c>rejected_rows</c> has for this job, header entries left out.</summary>
    public required long RejectedRowsInTable { get; init; }
    /// <summary>The job is over and no chunk of it is in progress. Otherwise rows may still come, and nothing is proven.</summary>
    public required bool Final { get; init; }
    /// <summary>Why it is not final, in words; null where it is.</summary>
    public string? NotFinal { get; init; }
    /// <summary>Nothing contradicts anything else, in the job and in its file's lineage.</summary>
    public required bool Consistent { get; init; }
    /// <summary>What does not agree, in words, with the first rows as examples; empty where all does.</summary>
    public required IReadOnlyList<string> Breaches { get; init; }
    /// <summary>The file over this job and all that was run again of it; null where nothing was.</summary>
    public VerifyLineage? Lineage { get; init; }
}

/// <summary>The rows of one file, over the job that it was submitted as and its repairs.</summary>
public sealed record VerifyLineage
{
    /// <summary>The job of the file.</summary>
    public required string RootJobId { get; init; }
    /// <summary>The jobs that ran rows of it again, oldest first.</summary>
    public required IReadOnlyList<string> RepairJobIds { get; init; }
    /// <summary>All of these jobs are over, and no chunk of them is in progress.</summary>
    public required bool Final { get; init; }
    /// <summary>Rows of the file.</summary>
    public required long Total { get; init; }
    /// <summary>Different rows of it that stand in the table.</summary>
    public required long Loaded { get; init; }
    /// <summary>Rows of it that do not: rejected and not repaired, or abandoned.</summary>
    public required long NotLoaded { get; init; }
    /// <summary>Rows too many: loaded more than once without having been asked to. A breach.</summary>
    public required long LoadedTwice { get; init; }
    /// <summary>Rows too many that were asked for, with <c>again=true</c>. No breach.</summary>
    public required long LoadedAgain { get; init; }
}
