using System.Numerics;

namespace Batch.Csv.Validation;

/// <summary>A stretch of good rows in a batch.</summary>
readonly record struct RowRun(int Start, int End)
{
    public int Count => End - Start;
}

/// <summary>Which rows of a batch are bad. Filled by all columns, then read by all columns.</summary>
sealed class BadRowBitmap
{
    ulong[] _bad = [];
    RowRun[] _runs = [];
    int _rows;
    int _runCount;

    /// <summary>All rows are good until one is said to be bad.</summary>
    public void Begin(int rows)
    {
        _rows = rows;
        var words = (rows + 63) / 64;
        if (_bad.Length < words)
        {
            _bad = new ulong[words];
            _runs = new RowRun[words * 32 + 1];
        }

        Array.Clear(_bad);
    }

    public void MarkBad(int row) => _bad[row >> 6] |= 1UL << row;

    public ReadOnlySpan<ulong> Bits => _bad.AsSpan(0, (_rows + 63) / 64);

    public int BadRows { get; private set; }

    /// <summary>The good rows, in order.</summary>
    public ReadOnlySpan<RowRun> GoodRuns => _runs.AsSpan(0, _runCount);

    /// <summary>No more rows will turn out to be bad: counts them and finds the runs of good ones.</summary>
    public void End()
    {
        BadRows = 0;
        _runCount = 0;
        foreach (var word in _bad)
            BadRows += BitOperations.PopCount(word);

        for (var start = Next(0, bad: false); start < _rows;)
        {
            var end = Next(start, bad: true);
            _runs[_runCount++] = new RowRun(start, end);
            start = Next(end, bad: false);
        }
    }

    /// <summary>The first row from <paramref name="row"/> on that is bad, or good; the number of rows where there is none.</summary>
    int Next(int row, bool bad)
    {
        while (row < _rows)
        {
            var word = (bad ? _bad[row >> 6] : ~_bad[row >> 6]) >> row;
            if (word != 0)
                return Math.Min(row + BitOperations.TrailingZeroCount(word), _rows);
            row = (row | 63) + 1;
        }

        return _rows;
    }
}
