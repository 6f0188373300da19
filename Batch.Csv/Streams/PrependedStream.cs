using Batch.Csv.Streams;

namespace Batch.Csv.Inference;

/// <summary>A stream whose first bytes were read already, put back in front of it. The stream stays the caller's.</summary>
sealed class PrependedStream(ReadOnlyMemory<byte> head, Stream rest) : ReadOnlyStream
{
    ReadOnlyMemory<byte> _head = head;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_head.IsEmpty)
            return await rest.ReadAsync(buffer, cancellationToken);
        var taken = Math.Min(buffer.Length, _head.Length);
        _head[..taken].CopyTo(buffer);
        _head = _head[taken..];
        return taken;
    }
}
