using Batch.Csv.Streams;

namespace Batch.Csv.Compression;

/// <summary>The bytes of a gzip file in pieces, so that whoever stops reading in one has shown where: see <see cref="GzipReader"/>.</summary>
/// <remarks>
/// Zeros at the end are a piece of their own (or several), and so are the eight bytes before them. Held back until it is known that nothing follows.
/// </remarks>
sealed class GzipPieces(Stream file) : ReadOnlyStream
{
    const int BufferBytes = 64 << 10;
    const int TrailerBytes = 8;

    readonly byte[] _buffer = new byte[BufferBytes];
    int _at, _filled;
    bool _fileEnded;
    bool _gaveZeros;

    /// <summary>The last piece was the one in which a file ends, but for zeros.</summary>
    public bool IsAtTrailer { get; private set; }

    /// <summary>All pieces have been read, and their end seen.</summary>
    public bool HasEnded { get; private set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var zeros = _at + _buffer.AsSpan(_at, _filled - _at).LastIndexOfAnyExcept((byte)0) + 1;
            if (zeros - TrailerBytes > _at)
                return Give(zeros - TrailerBytes, buffer.Span);
            if (!_fileEnded && _filled - _at < BufferBytes)
            {
                await FillAsync(cancellationToken);
                continue;
            }
            if (zeros > _at)
            {
                IsAtTrailer = _fileEnded;
                return Give(zeros, buffer.Span);
            }
            HasEnded = _filled == _at;
            var count = Give(_filled, buffer.Span);
            _gaveZeros = true;
            return count;
        }
    }

    /// <summary>Whether the reader, who wants no more, stopped in zeros, or at the very end, and zeros are all that follow.</summary>
    public async ValueTask<bool> OnlyZerosAreLeftAsync(CancellationToken cancellationToken)
    {
        while (_gaveZeros && !HasEnded)
        {
            if (_buffer.AsSpan(_at, _filled - _at).ContainsAnyExcept((byte)0))
                return false;
            _at = _filled;
            HasEnded = _fileEnded;
            if (!_fileEnded)
                await FillAsync(cancellationToken);
        }
        return HasEnded;
    }

    int Give(int end, Span<byte> buffer)
    {
        var count = Math.Min(end - _at, buffer.Length);
        _buffer.AsSpan(_at, count).CopyTo(buffer);
        _at += count;
        _gaveZeros = false;
        return count;
    }

    async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        _buffer.AsSpan(_at, _filled - _at).CopyTo(_buffer);
        (_at, _filled) = (0, _filled - _at);
        var count = await file.ReadAsync(_buffer.AsMemory(_filled), cancellationToken);
        _filled += count;
        _fileEnded = count == 0;
    }

    public override ValueTask DisposeAsync() => file.DisposeAsync();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            file.Dispose();
    }
}
