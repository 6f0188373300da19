using Batch.Csv.Streams;

namespace Batch.Tests.Schema;

/// <summary>A head, then a piece again and again until that many bytes have been read.</summary>
sealed class RepeatingStream(byte[] head, byte[] piece, long length) : ReadOnlyStream
{
    long _at;

    public override int Read(Span<byte> buffer)
    {
        if (_at >= head.Length + length)
            return 0;
        var from = _at < head.Length ? head.AsSpan((int)_at) : piece.AsSpan((int)((_at - head.Length) % piece.Length));
        var count = 0;
        while (count < buffer.Length && _at < head.Length + length)
        {
            var taken = Math.Min(from.Length, buffer.Length - count);
            from[..taken].CopyTo(buffer[count..]);
            count += taken;
            _at += taken;
            from = piece.AsSpan((int)((_at - head.Length) % piece.Length));
            if (_at < head.Length)
                break;
        }
        return count;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
}
