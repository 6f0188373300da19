namespace Batch.Csv.Cutting;

public sealed partial class CsvUpload
{
    enum Next : byte { Cut, Read, Turn, Done }

    /// <summary>Scans what is there and cuts off a chunk where one is due.</summary>
    /// <returns>What to do before the next cut.</returns>
    Next Cut(out RawChunk? chunk)
    {
        chunk = null;
        var buffer = _buffer!;
        if (_inLongLine && !TryEndLongLine(buffer))
            return EndOfData(buffer, out chunk);

        if (_scanner.Rows == 0 && !TryStartAtRow(buffer))
            return EndOfData(buffer, out chunk);
        var stop = Scan(buffer, _start + _options.ChunkBytes + (_from - _kept), _options.MaxChunkRows);
        if (stop == ScanStop.Full && _scanner.Rows == 0)
            stop = Scan(buffer, int.MaxValue, 1);

        switch (stop)
        {
            case ScanStop.Full:
                chunk = TakeChunk(buffer);
                return Next.Cut;
            case ScanStop.LongLine:
                BeginLongLine(buffer);
                return Next.Cut;
            default:
                return EndOfData(buffer, out chunk);
        }
    }

    ScanStop Scan(ChunkBuffer buffer, int endLimit, int rowLimit)
    {
        var before = _scanner.Rows;
        var stop = _scanner.Scan(buffer.Data, _bodyEnded, endLimit, rowLimit);
        Volatile.Write(ref _rowsSeen, _rowsSeen + _scanner.Rows - before);
        return stop;
    }

    Next EndOfData(ChunkBuffer buffer, out RawChunk? chunk)
    {
        chunk = null;
        if (_bodyEnded)
        {
            chunk = TakeChunk(buffer, isLast: true);
            return Next.Done;
        }
        if (buffer.Filled == buffer.Capacity && _from > _kept)
            CloseGap(buffer);
        if (buffer.Filled < buffer.Capacity)
        {
            // An incomplete row is read again each time; waiting until it has doubled keeps that linear.
            _scanAt = buffer.Filled + Math.Max(_tuning.ScanBytes, buffer.Filled - _scanner.RowStart);
            return Next.Read;
        }

        // A chunk that began further up has room to grow in the next buffer. One that began here has not: the row that follows it
        // has a quote open, and the buffer ends before it is closed.
        if (_scanner.Rows == 0)
            TryStartAtRow(buffer);
        if (_start == 0)
            chunk = TakeChunk(buffer);
        return Next.Turn;
    }

    /// <summary>The chunk in hand has no row yet, and starts with its first one. False: what stands before that has not all come yet.</summary>
    bool TryStartAtRow(ChunkBuffer buffer)
    {
        var isThere = _scanner.TrySkipToRow(buffer.Data, _bodyEnded);
        _start = _kept = _from = _scanner.RowStart;
        return isThere;
    }

    /// <summary>The rows counted so far, as a chunk; null where there are none. The next chunk starts after them.</summary>
    /// <remarks>
    /// Line breaks around the chunk belong to no chunk: how many of them are there by now is chance. In a file of one column each of them ends a
    /// row, which takes it along.
    /// </remarks>
    RawChunk? TakeChunk(ChunkBuffer buffer, bool isLast = false)
    {
        Keep(buffer, _scanner.RowStart);
        var end = !_dialect.Comment.IsEmpty ? _kept - _scanner.Gap
            : _dialect.IsOneColumn ? _kept : buffer.Data[.._kept].LastIndexOfAnyExcept((byte)'\n', (byte)'\r') + 1;
        var chunk = _scanner.Rows == 0 ? null : new RawChunk(buffer, buffer.Slice(_scanner.FirstRow, end))
        {
            Ordinal = _chunks++,
            Rows = _scanner.Rows,
            FirstRow = _firstRow,
            FirstLine = _line + _scanner.LinesBeforeFirstRow,
            IsLast = isLast,
        };
        _firstRow += _scanner.Rows;
        _line += _scanner.Lines;
        _start = _kept = _from = _scanner.RowStart;
        _scanner.Begin();
        return chunk;
    }

    /// <summary>Of an over-long line the chunk keeps MaxRowBytes + 1 bytes: enough for a worker to see that it is over-long.</summary>
    void BeginLongLine(ChunkBuffer buffer)
    {
        Keep(buffer, _scanner.LongLineStart + _dialect.MaxRowBytes + 1);
        _inLongLine = true;
        _ = TryEndLongLine(buffer);
    }

    /// <summary>Drops the line up to its line break. False: that has not come yet.</summary>
    bool TryEndLongLine(ChunkBuffer buffer)
    {
        var length = buffer.Data[_from..].IndexOfAny((byte)'\n', (byte)'\r');
        if (length < 0)
        {
            buffer.Filled = _from = _kept;
            _scanner.EndLongLine(_kept);
            return false;
        }
        _inLongLine = false;
        _from += length;
        _scanner.EndLongLine(_from);
        return true;
    }

    /// <summary>The chunk in hand keeps what comes next up to <paramref name="end"/>. Where a line was dropped before, that moves down.</summary>
    /// <remarks>Each byte moves once at most, so that many over-long lines cost no more than one.</remarks>
    void Keep(ChunkBuffer buffer, int end)
    {
        if (_from > _kept)
            buffer.Data[_from..end].CopyTo(buffer.Data[_kept..]);
        _kept += end - _from;
        _from = end;
    }

    void CloseGap(ChunkBuffer buffer)
    {
        var gap = _from - _kept;
        buffer.Data[_from..].CopyTo(buffer.Data[_kept..]);
        buffer.Filled -= gap;
        _from = _kept;
        _scanner.Move(_scanner.RowStart - gap, _scanner.FirstRow);
    }
}
