using System.Net;

namespace Batch.Client;

/// <summary>The API answered, and the answer was no.</summary>
/// <param name="statusCode">HTTP status.</param>
/// <param name="code">The problem's <c>code</c>, for example <c>JOB_NOT_FOUND</c>; empty where the answer had none.</param>
/// <param name="message">The problem's <c>detail</c>: what, where and how to fix it.</param>
/// <param name="traceId">What the API's logs and traces know the request by.</param>
public sealed class BatchApiException(HttpStatusCode statusCode, string code, string message, string? traceId) : Exception(message)
{
    public HttpStatusCode StatusCode { get; } = statusCode;
    public string Code { get; } = code;
    public string? TraceId { get; } = traceId;
    /// <summary>The job that the request had made before it failed, if it had.</summary>
    public string? JobId { get; init; }
}

/// <summary>There was no answer: wrong address, API not running, connection lost.</summary>
public sealed class BatchUnreachableException(Uri address, Exception inner)
    : Exception($"No answer from {address}: {inner.Message}", inner)
{
    public Uri Address { get; } = address;
}
