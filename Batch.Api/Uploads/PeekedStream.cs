using Batch.Csv.Streams;

namespace Batch.Api.Uploads;

/// <summary>A stream whose first bytes have been looked at and are still there to be read.</summary>
internal sealed class PeekedStream : ReadOnlyStream
{
    const int HeadBytes = 8;

    readonly Stream _rest;
    ReadOnlyMemory<byte> _unread;

    PeekedStream(ReadOnlyMemory<byte> head, Stream rest) => (Head, _unread, _rest) = (head, head, rest);

    /// <summary>The first bytes, fewer than eight only where there are no more.</summary>
    public ReadOnlyMemory<byte> Head { get; }

    public static async Task<PeekedStream> OpenAsync(Stream stream, CancellationToken cancellationToken)
    {
        var head = new byte[HeadBytes];
        var length = await stream.ReadAtLeastAsync(head, HeadBytes, throwOnEndOfStream: false, cancellationToken);
        return new(head.AsMemory(0, length), stream);
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_unread.IsEmpty || buffer.IsEmpty)
            return _rest.ReadAsync(buffer, cancellationToken);
        var length = Math.Min(buffer.Length, _unread.Length);
        _unread[..length].CopyTo(buffer);
        _unread = _unread[length..];
        return new(length);
    }

    public override ValueTask DisposeAsync() => _rest.DisposeAsync();
}
