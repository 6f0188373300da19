namespace Batch.Csv.Cutting;

public sealed partial class CsvUpload
{
    /// <summary>Reads, looks for what cannot be CSV, and takes the header line.</summary>
    /// <remarks>The head is not counted in the budget: it is small, and a small file is never more than that.</remarks>
    async Task ReadHeadAsync(CancellationToken cancellationToken)
    {
        _buffer = ChunkBuffer.RentUncounted(_tuning.HeadBytes);
        _scanAt = int.MaxValue;
        await FillAsync(cancellationToken);
        if (_head.TextOf(_buffer.Data, _body, _dialect.MaxRowBytes) is { } text)
        {
            (_body, _bodyEnded, _endsWithBreak, _buffer.Filled) = (text, false, false, 0);
            await FillAsync(cancellationToken);
        }
        FileSniffer.Check(_buffer.Data);
        _start = FileSniffer.Utf8MarkLength(_buffer.Data);
        _scanner.Move(_start, _start);

        for (var line = 0; line < _head.Skip; line++)
            while (!TrySkipLine())
                await GrowHeadAsync(cancellationToken);
        var headers = new CsvHeader[_head.HeaderLines];
        for (var i = 0; i < headers.Length; i++)
            while (!TryTakeHeader(out headers[i]!))
                await GrowHeadAsync(cancellationToken);
        Header = headers.Length == 1 ? headers[0] : headers.Length == 0 ? CsvHeader.Of(_head.Columns, _dialect) : CsvHeader.Joined(headers, _dialect);
        if (Header.Names.Count == 1)
        {
            _dialect = _dialect with { IsOneColumn = true };
            _scanner.BeginOneColumn(isAfterHeader: headers.Length > 0);
        }
    }

    /// <summary>Passes a line before the header line. False: more has to be read.</summary>
    bool TrySkipLine()
    {
        if (_scanner.RowStart == _buffer!.Filled && _bodyEnded)
            throw FileFaults.Empty();
        if (!_scanner.TrySkipLine(_buffer.Data, _bodyEnded))
            return _buffer.Filled - _scanner.RowStart > _dialect.MaxRowBytes ? throw FileFaults.HeaderTooLong(_dialect) : false;
        _line += _scanner.Lines;
        _start = _kept = _from = _scanner.RowStart;
        _scanner.Begin();
        return true;
    }

    /// <summary>False: more has to be read.</summary>
    bool TryTakeHeader(out CsvHeader? header)
    {
        header = null;
        var data = _buffer!.Data;
        var stop = _scanner.Scan(data, _bodyEnded, int.MaxValue, 1);
        if (stop == ScanStop.LongLine)
            throw FileFaults.HeaderTooLong(_dialect);
        if (_scanner.Rows == 0)
            return _bodyEnded ? throw FileFaults.Empty() : false;

        // A malformed header is its first line here, and the parser says what is wrong with it.
        header = CsvHeader.Parse(data[_scanner.FirstRow.._scanner.RowStart], _dialect, _options.MaxColumns);
        _line += _scanner.Lines;
        _start = _kept = _from = _scanner.RowStart;
        _scanner.Begin();
        return true;
    }

    /// <summary>More room for a long header line, or for line breaks before it.</summary>
    async Task GrowHeadAsync(CancellationToken cancellationToken)
    {
        var head = _buffer!;
        var rest = head.Filled - _scanner.RowStart;
        _buffer = ChunkBuffer.RentUncounted(Math.Max(_tuning.HeadBytes, 2 * rest));
        _buffer.Append(head.Data[_scanner.RowStart..]);
        head.Release();
        _scanner.Move(0, 0);
        await FillAsync(cancellationToken);
    }

    /// <summary>From the head to memory of the budget: a whole buffer, or just enough where the body has ended within the head.</summary>
    Task LeaveHeadAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_buffer is null, this);
        var capacity = _bodyEnded ? Math.Max(1, _buffer.Filled - _start) : _capacity;
        return TurnAsync(capacity, cancellationToken);
    }
}
