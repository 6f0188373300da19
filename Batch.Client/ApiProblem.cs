namespace Batch.Client;

/// <summary>The body of every answer that is not a success: <c>application/problem+json</c> with the members a client may rely on.</summary>
public sealed record ApiProblem
{
    public string? Type { get; init; }
    public string? Title { get; init; }
    public int? Status { get; init; }
    /// <summary>What happened, where, and how to fix it.</summary>
    public string? Detail { get; init; }
    /// <summary>The short phrase of the user guide, for example <c>not found</c>.</summary>
    public string? Error { get; init; }
    /// <summary>Machine-readable, for example <c>JOB_NOT_FOUND</c>.</summary>
    public string? Code { get; init; }
    /// <summary>What the API's logs and traces know the request by.</summary>
    public string? TraceId { get; init; }
    /// <summary>The job that the request had made before it failed, if it had.</summary>
    public string? JobId { get; init; }
}
