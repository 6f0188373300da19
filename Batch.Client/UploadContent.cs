using System.Net;
using System.Net.Http.Headers;
using System.Runtime.ExceptionServices;

namespace Batch.Client;

/// <summary>A file on its way out: read as it is sent, in constant memory, reporting the bytes sent so far.</summary>
/// <remarks>
/// A fault of reading the file is kept apart from a fault of the connection (<see cref="ReadFault"/>): the caller must not be
/// told that the API is unreachable where it is the disk that failed.
/// </remarks>
internal sealed class UploadContent : HttpContent
{
    const int BufferBytes = 128 * 1024;

    readonly Stream _file;
    readonly IProgress<long>? _progress;

    public UploadContent(Stream file, string contentType, bool gzip, IProgress<long>? progress)
    {
        _file = file;
        _progress = progress;
        Headers.ContentType = new MediaTypeHeaderValue(contentType);
        if (gzip)
            Headers.ContentEncoding.Add("gzip");
    }

    public ExceptionDispatchInfo? ReadFault { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferBytes];
        long sent = 0;
        while (true)
        {
            var read = await ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (read == 0)
                return;
            await stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
            sent += read;
            _progress?.Report(sent);
        }
    }

    async ValueTask<int> ReadAsync(byte[] buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await _file.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            ReadFault = ExceptionDispatchInfo.Capture(fault);
            throw;
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _file.CanSeek ? _file.Length - _file.Position : 0;
        return _file.CanSeek;
    }
}
