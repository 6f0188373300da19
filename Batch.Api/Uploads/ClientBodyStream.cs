using Batch.Csv.Streams;

namespace Batch.Api.Uploads;

/// <summary>What a client sends; where it stops halfway, that is told apart from faults of our own.</summary>
internal sealed class ClientBodyStream(Stream body) : ReadOnlyStream
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return await body.ReadAsync(buffer, cancellationToken);
        }
        // Resets, truncated bodies and forms without their closing boundary are IOExceptions; so is BadHttpRequestException.
        catch (IOException fault) when (fault is not UploadInterruptedException)
        {
            throw new UploadInterruptedException(fault);
        }
    }
}
