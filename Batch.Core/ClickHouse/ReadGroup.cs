namespace Batch.Core.ClickHouse;

/// <summary>Group reading, as <see cref="MetadataWriter{T}"/> is group commit: who asks while queries are under way shares the next.</summary>
/// <remarks>
/// A thousand clients that watch their jobs, or workers with a thousand small chunks, ask ClickHouse no more often than it can answer,
/// and nobody waits longer than for two queries. An answer is never older than its question: a query is sent after everybody who
/// shares it has asked. It runs for all of them, so it is part of nobody's trace and is not cancelled with any of them.
/// </remarks>
/// <param name="read">Reads these keys, at most <see cref="MaxKeys"/>; the answers may be looked up for each of them.</param>
internal sealed class ReadGroup<TKey, TValue>(Func<IReadOnlyCollection<TKey>, Task<Func<TKey, TValue>>> read) where TKey : notnull
{
    /// <summary>Keys are sent in the address of a request, which ClickHouse takes up to 1 MiB of.</summary>
    public const int MaxKeys = 500;

    /// <summary>One would leave the others idle while its answer is on its way.</summary>
    const int MaxQueries = 2;

    readonly Lock _gate = new();
    readonly Queue<Dictionary<TKey, TaskCompletionSource<TValue>>> _waiting = new();
    Dictionary<TKey, TaskCompletionSource<TValue>>? _filling;
    int _running;

    /// <exception cref="ClickHouseException">The query failed; it has for all who shared it.</exception>
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
            if (_running < MaxQueries)
            {
                _running++;
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
            try
            {
                var answers = await read(group.Keys);
                foreach (var (key, asked) in group)
                    asked.SetResult(answers(key));
            }
            // Whatever it is, those who wait are told: nothing may leave them waiting for ever.
            catch (Exception exception)
            {
                foreach (var asked in group.Values)
                    asked.TrySetException(exception);
            }
        }
    }

    Dictionary<TKey, TaskCompletionSource<TValue>>? Take()
    {
        lock (_gate)
        {
            if (!_waiting.TryDequeue(out var group))
            {
                _running--;
                return null;
            }
            if (group == _filling)
                _filling = null;
            return group;
        }
    }
}
