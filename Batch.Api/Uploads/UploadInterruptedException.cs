namespace Batch.Api.Uploads;

/// <summary>The client disconnected, was too slow, or sent less than it had announced.</summary>
internal sealed class UploadInterruptedException(IOException cause)
    : IOException($"The upload was interrupted before the end of the file: {cause.Message}", cause)
{
    public int Status { get; } = (cause as BadHttpRequestException)?.StatusCode ?? StatusCodes.Status400BadRequest;
}
