namespace Batch.Client;

/// <summary>The connection of one upload. It sees an answer that comes before the whole file is sent; what is written after that goes nowhere.</summary>
/// <remarks>
/// <see cref="HttpClient"/> gives an answer out only when it has sent the whole body, and loses it where that fails: a file that nobody wants any more would
/// be sent to its end, or the answer would be "connection reset". As far as it can see, here all of it was sent. So the connection serves one request only.
/// <code>HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 409 Conflict\r\n…    the first is no answer yet: its status begins with 1</code>
/// </remarks>
internal sealed class UploadConnection(Stream inner, CancellationTokenSource answered) : Stream
{
    /// <summary>Where the status stands in <c>HTTP/1.1 409 Conflict</c>.</summary>
    const int StatusAt = 9;

    /// <summary>How long to wait for the answer if the connection breaks while it is being sent.</summary>
    static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(1);

    int _read;
    bool _isInterim;
    uint _last;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        if (!answered.IsCancellationRequested && IsAnswer(buffer.Span[..read]))
            await answered.CancelAsync().ConfigureAwait(false);
        return read;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (answered.IsCancellationRequested)
            return;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, answered.Token);
        try
        {
            await inner.WriteAsync(buffer, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (answered.IsCancellationRequested)
        {
        }
        catch (IOException)
        {
            await Task.Delay(GiveUpAfter, TimeProvider.System, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!answered.IsCancellationRequested)
                throw;
        }
    }

    /// <summary>Goes over what the server says; true from the first byte of a status on that is final.</summary>
    bool IsAnswer(ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes)
        {
            if (_read == StatusAt)
                _isInterim = value == '1';
            if (_read >= StatusAt && !_isInterim)
                return true;
            _last = _last << 8 | value;
            _read++;
            if (_last == 0x0D0A0D0A)
                (_read, _last) = (0, 0);
        }
        return false;
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);
    public override void Flush() => inner.Flush();
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Read asynchronously.");
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Write asynchronously.");
    public override bool CanRead => true;
    public override bool CanWrite => true;
    public override bool CanSeek => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();

    public override ValueTask DisposeAsync() => inner.DisposeAsync();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }
}
