using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Batch.Core.Telemetry;
using Batch.Primitives;

namespace Batch.Core.ClickHouse;

/// <summary>Group commit of inserts: rows that arrive while one is running share the next.</summary>
/// <remarks>
/// ClickHouse accepts a million rows a second but not a thousand inserts a second: each insert makes a part, and parts must be
/// merged. So there is one insert at a time per table. A row that finds the writer idle is inserted at once; after a few inserts in a row
/// they are paced, and rows that arrived meanwhile go together. A caller's task completes with the insert of its row, and fails if
/// that fails. A transient fault is retried a few times, each time under another token: a row whose first insert succeeded unnoticed is then
/// duplicated, which is allowed, and a crash of ClickHouse that leaves a token without its rows
/// (<see cref="ClickHouseClient.InsertOnceAsync"/>) loses none. So this is for tables whose reads fold duplicates.
/// </remarks>
internal sealed class BatchingInserter<T> : IAsyncDisposable
{
    /// <summary>Rows that may wait; further callers wait to enqueue theirs.</summary>
    const int Capacity = 20_000;
    const int MaxRowsPerInsert = 5_000;
    const int MaxRetries = 3;
    static readonly Backoff Pauses = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(1500), Factor: 4);

    readonly ClickHouseClient _clickHouse;
    readonly string _table;
    readonly IReadOnlyList<string> _columns;
    readonly JsonTypeInfo<T> _type;
    readonly TimeProvider _time;
    readonly FairSemaphore _room = new(Capacity);
    readonly GroupCommit<T, int> _inserts;
    readonly CancellationTokenSource _stopping = new();
    readonly ArrayBufferWriter<byte> _lines = new(16 * 1024);
    readonly Utf8JsonWriter _json;
    // Merges keep up with this easily. With 50, each insert had fewer rows and they slowed each other down: fewer small jobs a second.
    readonly TokenBucket _pace;

    /// <param name="columns">All that a row may set. Columns missing in a row get the table's default.</param>
    public BatchingInserter(
        ClickHouseClient clickHouse, string table, IReadOnlyList<string> columns, JsonTypeInfo<T> type, TimeProvider? time = null)
    {
        (_clickHouse, _table, _columns, _type, _time) = (clickHouse, table, columns, type, time ?? TimeProvider.System);
        _json = new(_lines);
        _pace = new(perSecond: 30, burst: 10, _time);
        _inserts = new(InsertAsync, MaxRowsPerInsert, pace: () => _pace.KeepAsync(_stopping.Token));
    }

    /// <summary>Inserts sent so far; a retry counts.</summary>
    public long Inserts { get; private set; }

    /// <summary>Returns when the row is in the table.</summary>
    /// <exception cref="ClickHouseException">The row may be missing; inserting it again does no harm.</exception>
    public async Task WriteAsync(T row, CancellationToken cancellationToken)
    {
        await _room.AcquireAsync(1, cancellationToken);
        Task inserted;
        try
        {
            inserted = _inserts.AddAsync(row);
        }
        catch (ObjectDisposedException)
        {
            _room.Release(1);
            throw Stopped();
        }
        await inserted.WaitAsync(cancellationToken);
    }

    async Task<int> InsertAsync(IReadOnlyList<T> rows)
    {
        _room.Release(rows.Count);
        try
        {
            return await TryInsertAsync(rows);
        }
        catch (OperationCanceledException)
        {
            throw Stopped();
        }
    }

    /// <returns>How often it was sent.</returns>
    async Task<int> TryInsertAsync(IReadOnlyList<T> rows)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                Inserts++;
                await _clickHouse.InsertJsonAsync(_table, _columns, Serialize(rows), rows.Count, ClickHouseClient.NewToken(), _stopping.Token);
                return attempt;
            }
            catch (ClickHouseException exception) when (exception.IsTransient && attempt <= MaxRetries)
            {
                RetryMetrics.Retried(RetryMetrics.ClickHouse);
                await Task.Delay(Pauses.After(attempt), _time, _stopping.Token);
            }
        }
    }

    // Once per attempt: a row may say how long ago something happened.
    ReadOnlyMemory<byte> Serialize(IReadOnlyList<T> rows)
    {
        _lines.ResetWrittenCount();
        foreach (var row in rows)
        {
            _json.Reset(_lines);
            JsonSerializer.Serialize(_json, row, _type);
            _json.Flush();
            _lines.Write("\n"u8);
        }
        return _lines.WrittenMemory;
    }

    static ClickHouseException Stopped() => new(ClickHouseErrors.NoAnswer, "The process is stopping.", isTransient: true);

    /// <summary>Writes the enqueued rows, for at most five seconds.</summary>
    public async ValueTask DisposeAsync()
    {
        var inserted = _inserts.StopAsync();
        _stopping.CancelAfter(TimeSpan.FromSeconds(5));
        await inserted;
        _json.Dispose();
        _stopping.Dispose();
    }
}
