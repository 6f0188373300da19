using Batch.Csv.Streams;

namespace Batch.Csv.Dialects;

/// <summary>A file without its last lines: what may be one of them is held back until more lines come.</summary>
/// <remarks>
/// Lines with nothing in them do not count, and those after the last one that counts are held back with it. Together the lines are no longer than a row may be:
/// what goes beyond that is no footer but rows, so that there is an end to what is kept in memory.
/// </remarks>
/// <param name="source">UTF-8; stays the caller's.</param>
sealed class FooterStream(Stream source, int lines, int maxBytes) : ReadOnlyStream
{
    const int PieceBytes = 16 << 10;

    readonly Queue<int> _starts = new(); // of the lines that may be the last ones
    byte[] _bytes = new byte[2 * PieceBytes];
    int _from;
    int _scanned;
    int _filled;
    bool _isInLine;
    bool _hasEnded;

    int HeldFrom => _starts.TryPeek(out var start) ? start : _scanned;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_from == HeldFrom && !_hasEnded && buffer.Length > 0)
        {
            MakeRoom();
            var read = await source.ReadAsync(_bytes.AsMemory(_filled), cancellationToken);
            _hasEnded = read == 0;
            _filled += read;
            Scan();
        }
        var length = Math.Min(buffer.Length, HeldFrom - _from);
        _bytes.AsSpan(_from, length).CopyTo(buffer.Span);
        _from += length;
        return length;
    }

    void Scan()
    {
        while (_scanned < _filled)
        {
            if (_bytes[_scanned] is (byte)'\n' or (byte)'\r')
            {
                (_scanned, _isInLine) = (_scanned + 1, false);
                continue;
            }
            if (!_isInLine)
            {
                _isInLine = true;
                if (_starts.Count == lines)
                    _starts.Dequeue();
                _starts.Enqueue(_scanned);
            }
            var length = _bytes.AsSpan(_scanned, _filled - _scanned).IndexOfAny((byte)'\n', (byte)'\r');
            _scanned = length < 0 ? _filled : _scanned + length;
            while (_starts.TryPeek(out var start) && _scanned - start > maxBytes)
                _starts.Dequeue();
        }
    }

    void MakeRoom()
    {
        // All before what is held back has been read by now.
        var kept = _filled - _from;
        _bytes.AsSpan(_from, kept).CopyTo(_bytes);
        for (var i = _starts.Count; i > 0; i--)
            _starts.Enqueue(_starts.Dequeue() - _from);
        (_scanned, _filled, _from) = (_scanned - _from, kept, 0);
        if (_bytes.Length - _filled < PieceBytes)
            Array.Resize(ref _bytes, 2 * _bytes.Length);
    }
}
