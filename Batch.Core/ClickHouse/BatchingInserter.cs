using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Threading.Channels;
using Batch.Core.Telemetry;

namespace Batch.Core.ClickHouse;

/// <summary>Group commit: rows that arrive while an insert is running share the next one.</summary>
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
    static readonly TimeSpan[] Pauses = [TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(400), TimeSpan.FromMilliseconds(1500)];

    readonly ClickHouseClient _clickHouse;
    readonly string _table;
    readonly IReadOnlyList<string> _columns;
    readonly JsonTypeInfo<T> _type;
    readonly Channel<Waiting> _queue = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(Capacity) { SingleReader = true });
    readonly CancellationTokenSource _stopping = new();
    readonly ArrayBufferWriter<byte> _lines = new(16 * 1024);
    readonly Utf8JsonWriter _json;
    readonly Task _loop;
    // Merges keep up with this easily. With 50, each insert had fewer rows and they slowed each other down: fewer small jobs a second.
    readonly TokenBucket _pace = new(perSecond: 30, burst: 10);

    /// <param name="columns">All that a row may set. Columns missing in a row get the table's default.</param>
    public BatchingInserter(ClickHouseClient clickHouse, string table, IReadOnlyList<string> columns, JsonTypeInfo<T> type)
    {
        (_clickHouse, _table, _columns, _type) = (clickHouse, table, columns, type);
        _json = new(_lines);
        // The loop outlives the request that creates the writer, and must not be part of its trace.
        using (ExecutionContext.SuppressFlow())
            _loop = Task.Run(RunAsync);
    }

    /// <summary>Inserts sent so far; a retry counts.</summary>
    public long Inserts { get; private set; }

    /// <summary>Returns when the row is in the table.</summary>
    /// <exception cref="ClickHouseException">The row may be missing; inserting it again does no harm.</exception>
    public async Task WriteAsync(T row, CancellationToken cancellationToken)
    {
        var waiting = new Waiting(row);
        try
        {
            await _queue.Writer.WriteAsync(waiting, cancellationToken);
        }
        catch (ChannelClosedException)
        {
            throw Stopped();
        }
        await waiting.Done.Task.WaitAsync(cancellationToken);
    }

    async Task RunAsync()
    {
        var batch = new List<Waiting>();
        while (await _queue.Reader.WaitToReadAsync())
        {
            await _pace.KeepAsync(_stopping.Token);
            batch.Clear();
            while (batch.Count < MaxRowsPerInsert && _queue.Reader.TryRead(out var waiting))
                batch.Add(waiting);
            try
            {
                await InsertAsync(batch);
                foreach (var waiting in batch)
                    waiting.Done.TrySetResult();
            }
            // Whatever the fault, every waiting caller must be released.
            catch (Exception exception)
            {
                var told = exception is OperationCanceledException ? Stopped() : exception;
                foreach (var waiting in batch)
                    waiting.Done.TrySetException(told);
            }
        }
    }

    async Task InsertAsync(List<Waiting> batch)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                Inserts++;
                await _clickHouse.InsertJsonAsync(_table, _columns, Serialize(batch), batch.Count, ClickHouseClient.NewToken(), _stopping.Token);
                return;
            }
            catch (ClickHouseException exception) when (exception.IsTransient && attempt < Pauses.Length)
            {
                RetryMetrics.Retried(RetryMetrics.ClickHouse);
                await Task.Delay(Pauses[attempt], _stopping.Token);
            }
        }
    }

    // Once per attempt: a row may say how long ago something happened.
    ReadOnlyMemory<byte> Serialize(List<Waiting> batch)
    {
        _lines.ResetWrittenCount();
        foreach (var waiting in batch)
        {
            _json.Reset(_lines);
            JsonSerializer.Serialize(_json, waiting.Row, _type);
            _json.Flush();
            _lines.Write("\n"u8);
        }
        return _lines.WrittenMemory;
    }

    static ClickHouseException Stopped() => new(ClickHouseErrors.NoAnswer, "The process is stopping.", isTransient: true);

    /// <summary>Writes the enqueued rows, for at most five seconds.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        _stopping.CancelAfter(TimeSpan.FromSeconds(5));
        await _loop;
        _json.Dispose();
        _stopping.Dispose();
    }

    sealed class Waiting(T row)
    {
        public T Row { get; } = row;
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
