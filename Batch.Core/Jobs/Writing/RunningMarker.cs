using System.Collections.Concurrent;
using System.Diagnostics;

namespace Batch.Core.Jobs.Writing;

/// <summary>Marks a job as RUNNING if its first chunk takes long; most are done sooner, and their receipt shows it.</summary>
internal sealed class RunningMarker : IAsyncDisposable
{
    /// <summary>Longer than a chunk usually takes, shorter than a person waits.</summary>
    static readonly TimeSpan GiveUpAfter = TimeSpan.FromMilliseconds(300);

    // When a job's chunk was started, or Said where that has been written already.
    const long Said = 0;
    const int MaxKnown = 100_000;

    readonly ConcurrentDictionary<JobKey, long> _chunks = new();
    readonly Func<JobEvent, CancellationToken, Task> _write;
    readonly CancellationTokenSource _stopping = new();
    readonly Task _loop;

    public RunningMarker(Func<JobEvent, CancellationToken, Task> write)
    {
        _write = write;
        using (ExecutionContext.SuppressFlow())
            _loop = Task.Run(RunAsync);
    }

    public void Add(JobKey key) => _chunks.TryAdd(key, Stopwatch.GetTimestamp());

    public void Remove(JobKey key) => _chunks.TryRemove(key, out _);

    async Task RunAsync()
    {
        using var timer = new PeriodicTimer(GiveUpAfter / 2);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
                await SayAsync();
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
        }
    }

    async Task SayAsync()
    {
        if (_chunks.Count > MaxKnown)
            _chunks.Clear();
        var writes = new List<Task>();
        foreach (var (key, since) in _chunks)
        {
            var ago = Stopwatch.GetElapsedTime(since);
            if (since == Said || ago < GiveUpAfter || !_chunks.TryUpdate(key, Said, since))
                continue;
            writes.Add(_write(new(key, JobEvent.Started, new()) { HappenedAt = since }, _stopping.Token));
        }
        try
        {
            await Task.WhenAll(writes);
        }
        catch (Exception)
        {
            // Best effort, whatever the fault: the job's first receipt makes it RUNNING too, and the next chunk tries again.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _loop;
        _stopping.Dispose();
    }
}
