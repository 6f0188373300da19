namespace Batch.Csv.Streams;

/// <summary>A stream whose first bytes have been looked at and are still there to be read.</summary>
/// <param name="leaveOpen">The rest stays the caller's.</param>
public sealed class PrependedStream(ReadOnlyMemory<byte> head, Stream rest, bool leaveOpen = false) : ReadOnlyStream
{
    ReadOnlyMemory<byte> _unread = head;

    /// <summary>The first bytes, whether read by now or not.</summary>
    public ReadOnlyMemory<byte> Head { get; } = head;

    /// <summary>Looks at the first bytes; they are fewer only where there are no more.</summary>
    public static async Task<PrependedStream> PeekAsync(Stream stream, int bytes, CancellationToken cancellationToken, bool leaveOpen = false)
    {
        var head = new byte[bytes];
        var length = await stream.ReadAtLeastAsync(head, bytes, throwOnEndOfStream: false, cancellationToken);
        return new(head.AsMemory(0, length), stream, leaveOpen);
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_unread.IsEmpty || buffer.IsEmpty)
            return rest.ReadAsync(buffer, cancellationToken);
        var length = Math.Min(buffer.Length, _unread.Length);
        _unread[..length].CopyTo(buffer);
        _unread = _unread[length..];
        return new(length);
    }

    public override ValueTask DisposeAsync() => leaveOpen ? ValueTask.CompletedTask : rest.DisposeAsync();

    protected override void Dispose(bool disposing)
    {
        if (disposing && !leaveOpen)
            rest.Dispose();
        base.Dispose(disposing);
    }
}
