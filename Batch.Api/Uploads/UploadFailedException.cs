namespace Batch.Api.Uploads;

/// <summary>An upload that broke off after its job had been made: the job is FAILED, and the answer names it.</summary>
/// <param name="cause">What broke it off; decides the answer's status and code.</param>
internal sealed class UploadFailedException(string jobId, Exception cause) : Exception(cause.Message, cause)
{
    public string JobId { get; } = jobId;
}
