namespace Batch.Api.Uploads;

/// <summary>An upload that was interrupted after its job was created: the job is FAILED, and the answer names it.</summary>
/// <param name="cause">Determines the answer's status and code.</param>
internal sealed class UploadFailedException(string jobId, Exception cause) : Exception(cause.Message, cause)
{
    public string JobId { get; } = jobId;
}
