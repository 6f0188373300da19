using System.Net;
using System.Net.Http.Headers;

namespace Batch.Client;

/// <summary>A file being uploaded: read as it is sent, in constant memory, reporting the bytes sent so far.</summary>
/// <remarks>
/// A fault of reading the file is kept apart from a fault of the connection (<see cref="ReadFault"/>): the caller must not be
/// told that the API is unreachable where it is the disk that failed.
/// A long file, or one of unknown length, has a connection of its own (<see cref="ConnectBy"/>): once the API has answered no more of it is read.
/// </remarks>
internal sealed class UploadContent : HttpContent
{
    const int BufferBytes = 128 * 1024;

    /// <summary>What is shorter is sent before an answer that needs none of it could save anything.</summary>
    const int LongBytes = 1 << 20;

    readonly CancellationTokenSource _answered = new();

    readonly Stream _file;
    readonly IProgress<long>? _progress;
    readonly long _start;
    bool _isBegun;

    public UploadContent(Stream file, bool gzip, IProgress<long>? progress)
    {
        _file = file;
        _start = file.CanSeek ? file.Position : 0;
        _progress = progress;
        Headers.ContentType = new MediaTypeHeaderValue("text/csv");
        if (gzip)
            Headers.ContentEncoding.Add("gzip");
    }

    public Exception? ReadFault { get; private set; }

    /// <summary>What the API answered; 0 while it has not. An upload of a file that was there already is answered 200, and not 202.</summary>
    public HttpStatusCode Status { get; set; }

    /// <summary>Back to where it began; false where some has been read that cannot be read again.</summary>
    public bool TryRewind()
    {
        if (_isBegun && _file.CanSeek)
            _file.Position = _start;
        return !_isBegun || _file.CanSeek;
    }

    /// <summary>Worth a connection of its own.</summary>
    public bool IsLong => !TryComputeLength(out var length) || length > LongBytes;

    /// <summary>A handler through whose connection this, and nothing else, is sent.</summary>
    public SocketsHttpHandler ConnectBy(SocketsHttpHandler handler)
    {
        handler.PlaintextStreamFilter = (connection, _) => new(new UploadConnection(connection.PlaintextStream, _answered));
        return handler;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        _isBegun = true;
        var buffer = new byte[BufferBytes];
        long sent = 0;
        var length = TryComputeLength(out var known) ? known : (long?)null;
        while (!_answered.IsCancellationRequested)
        {
            var read = await ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (read == 0)
                break;
            await stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
            sent += read;
            _progress?.Report(sent);
        }
        // A length was promised. This goes nowhere, but HttpClient counts it.
        for (; _answered.IsCancellationRequested && sent < length; sent += buffer.Length)
            await stream.WriteAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, length.Value - sent)), cancellationToken).ConfigureAwait(false);
    }

    async ValueTask<int> ReadAsync(byte[] buffer, CancellationToken cancellationToken)
    {
        try
        {
            // Standard input may have nothing to give for hours, and cannot be told to stop: then its reading is left behind.
            return await _file.ReadAsync(buffer, cancellationToken).AsTask().WaitAsync(_answered.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_answered.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return 0;
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            ReadFault = fault;
            throw;
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _file.CanSeek ? _file.Length - _file.Position : 0;
        return _file.CanSeek;
    }
}
