using System.Diagnostics;

namespace Batch.Core.ClickHouse;

/// <summary>Group reading, as <see cref="BatchingInserter{T}"/> is group commit: reads that arrive while queries are running share the next one.</summary>
/// <remarks>
/// For a thousand clients that poll their jobs, or workers with a thousand small chunks, only one query runs at a time, followed by a pause
/// as long as the query took; a lone caller never waits. An answer is never older than its question: a query is sent after
/// all callers who share it have asked. It runs for all of them, so it is part of no trace and is not cancelled with any of them.
/// </remarks>
/// <param name="read">Reads these keys, at most <see cref="MaxKeys"/>; the answers may be looked up for each of them.</param>
internal sealed class QueryCoalescer<TKey, TValue>(Func<IReadOnlyCollection<TKey>, Task<Func<TKey, TValue>>> read) where TKey : notnull
{
    /// <summary>Keys are sent in the URL, of which ClickHouse accepts up to 1 MiB.</summary>
    public const int MaxKeys = 500;

    /// <summary>However slow ClickHouse is, the next caller must not wait for long.</summary>
    static readonly TimeSpan LongestRest = TimeSpan.FromMilliseconds(100);

    readonly Lock _gate = new();
    readonly Queue<Dictionary<TKey, TaskCompletionSource<TValue>>> _waiting = new();
    Dictionary<TKey, TaskCompletionSource<TValue>>? _filling;
    bool _isRunning;

    /// <exception cref="ClickHouseException">The query failed, for all callers who shared it.</exception>
    public Task<TValue> ReadAsync(TKey key, CancellationToken cancellationToken)
    {
        Task<TValue> answer;
        lock (_gate)
        {
            if (_filling is null || _filling.Count == MaxKeys)
                _waiting.Enqueue(_filling = []);
            if (!_filling.TryGetValue(key, out var asked))
                _filling[key] = asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
            answer = asked.Task;
            if (!_isRunning)
            {
                _isRunning = true;
                using (ExecutionContext.SuppressFlow())
                    _ = Task.Run(RunAsync, CancellationToken.None);
            }
        }
        return answer.WaitAsync(cancellationToken);
    }

    async Task RunAsync()
    {
        while (Take() is { } group)
        {
            var started = Stopwatch.GetTimestamp();
            try
            {
                var answers = await read(group.Keys);
                foreach (var (key, asked) in group)
                    asked.SetResult(answers(key));
            }
            // Whatever the fault, every waiting caller must be released.
            catch (Exception exception)
            {
                foreach (var asked in group.Values)
                    asked.TrySetException(exception);
            }
            if (group.Count > 1 && Stopwatch.GetElapsedTime(started) is var took)
                await Task.Delay(took < LongestRest ? took : LongestRest, CancellationToken.None);
        }
    }

    Dictionary<TKey, TaskCompletionSource<TValue>>? Take()
    {
        lock (_gate)
        {
            if (!_waiting.TryDequeue(out var group))
            {
                _isRunning = false;
                return null;
            }
            if (group == _filling)
                _filling = null;
            return group;
        }
    }
}
