using Batch.Csv.Streams;

namespace Batch.Csv.Dialects;

/// <summary>A file of another character set, as UTF-8 while it is read.</summary>
/// <param name="source">Stays the caller's.</param>
sealed class TranscodedStream(Stream source, SourceEncoding encoding) : ReadOnlyStream
{
    const int PieceBytes = 16 << 10;

    readonly byte[] _input = new byte[PieceBytes];
    readonly byte[] _output = new byte[(SourceEncoding.MostBytesPerByte * PieceBytes) + 8];
    int _pending; // the beginning of a character, at the start of _input
    int _from;
    int _to;
    bool _hasEnded;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_from == _to && !_hasEnded && buffer.Length > 0)
        {
            var read = await source.ReadAsync(_input.AsMemory(_pending), cancellationToken);
            _hasEnded = read == 0;
            var (taken, written) = encoding.Convert(_input.AsSpan(0, _pending + read), _hasEnded, _output);
            _input.AsSpan(taken, _pending + read - taken).CopyTo(_input);
            (_pending, _from, _to) = (_pending + read - taken, 0, written);
        }
        var length = Math.Min(buffer.Length, _to - _from);
        _output.AsSpan(_from, length).CopyTo(buffer.Span);
        _from += length;
        return length;
    }
}
