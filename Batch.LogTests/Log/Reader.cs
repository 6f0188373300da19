using Batch.Core.Log;

namespace Batch.Tests.Log;

/// <summary>A member that reads in the background and keeps account of what it got.</summary>
sealed class Reader : IAsyncDisposable
{
    readonly ILogConsumer _consumer;
    readonly CancellationTokenSource _stop = new();
    readonly List<LogPosition> _positions = [];
    readonly List<LogPartition> _revoked = [];
    readonly Task _reading;

    public Reader(ILogConsumer consumer, bool commit)
    {
        _consumer = consumer;
        _consumer.Revoked += partitions =>
        {
            lock (_positions)
                _revoked.AddRange(partitions);
        };
        _reading = Task.Run(() => ReadAsync(commit));
    }

    public ILogConsumer Consumer => _consumer;

    public int Count => Positions.Count;

    public IReadOnlyList<LogPosition> Positions
    {
        get
        {
            lock (_positions)
                return [.. _positions];
        }
    }

    public IReadOnlyList<LogPartition> Revoked
    {
        get
        {
            lock (_positions)
                return [.. _revoked];
        }
    }

    async Task ReadAsync(bool commit)
    {
        try
        {
            while (true)
            {
                using var record = await _consumer.ReadAsync(_stop.Token);
                if (commit)
                    await _consumer.CommitAsync(record.Position, _stop.Token);
                lock (_positions)
                    _positions.Add(record.Position);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading.WaitAsync(TimeSpan.FromSeconds(20));
        await _consumer.DisposeAsync();
    }
}
