namespace Batch.Api.Uploads;

/// <summary>The client disconnected, was too slow, or sent less than it had announced; or the API is stopping.</summary>
internal sealed class UploadInterruptedException : IOException
{
    public UploadInterruptedException(IOException cause) : base($"The upload was interrupted before the end of the file: {cause.Message}", cause) =>
        Status = (cause as BadHttpRequestException)?.StatusCode ?? StatusCodes.Status400BadRequest;

    UploadInterruptedException() : base("The API is stopping and reads no more files. "
        + "Submit the file again when the API is back, under the same label if it had one: then no row is loaded twice.")
    {
        Status = StatusCodes.Status503ServiceUnavailable;
        IsByStop = true;
    }

    public int Status { get; }

    public bool IsByStop { get; }

    public static UploadInterruptedException ByStop() => new();
}
