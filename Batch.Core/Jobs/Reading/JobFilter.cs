using Batch.Client;

namespace Batch.Core.Jobs.Reading;

/// <summary>Which jobs of a tenant to list, newest first.</summary>
public sealed record JobFilter
{
    /// <summary>1 to 1,000.</summary>
    public int Limit { get; init; } = 100;
    /// <summary><see cref="JobPage.Next"/> of the page before.</summary>
    public string? Cursor { get; init; }
    public JobState? State { get; init; }
    public string? ModelId { get; init; }
}

/// <summary>One page; <see cref="Next"/> is null on the last.</summary>
public sealed record JobPage(IReadOnlyList<Job> Jobs, string? Next);
