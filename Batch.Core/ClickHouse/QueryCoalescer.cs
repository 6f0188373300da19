using Batch.Primitives;

namespace Batch.Core.ClickHouse;

/// <summary>Group commit for reads: reads that arrive while queries are running share the next one, and equal reads share an answer.</summary>
/// <remarks>
/// For a thousand clients that poll their jobs, or workers with a thousand small chunks, only one query runs at a time, followed by a pause
/// as long as the query took; a lone caller never waits. An answer is never older than its question: a query is sent after
/// all callers who share it have asked.
/// </remarks>
internal sealed class QueryCoalescer<TKey, TValue> where TKey : notnull
{
    /// <summary>Keys are sent in the URL, of which ClickHouse accepts up to 1 MiB.</summary>
    public const int MaxKeys = 500;

    /// <summary>However slow ClickHouse is, the next caller must not wait for long.</summary>
    static readonly TimeSpan LongestRest = TimeSpan.FromMilliseconds(100);

    readonly Func<IReadOnlyCollection<TKey>, Task<Func<TKey, TValue>>> _read;
    readonly TimeProvider _time = TimeProvider.System;
    readonly Lock _gate = new();
    readonly Dictionary<TKey, Task<Dictionary<TKey, TValue>>> _waiting = [];
    readonly GroupCommit<TKey, Dictionary<TKey, TValue>> _queries;
    TimeSpan _rest;
    long _answeredAt;

    /// <param name="read">Reads these keys, at most <see cref="MaxKeys"/>; the answers may be looked up for each of them.</param>
    public QueryCoalescer(Func<IReadOnlyCollection<TKey>, Task<Func<TKey, TValue>>> read)
    {
        _read = read;
        _queries = new(QueryAsync, MaxKeys, pace: RestAsync);
    }

    /// <exception cref="ClickHouseException">The query failed, for all callers who shared it.</exception>
    public async Task<TValue> ReadAsync(TKey key, CancellationToken cancellationToken)
    {
        Task<Dictionary<TKey, TValue>>? answers;
        lock (_gate)
        {
            if (!_waiting.TryGetValue(key, out answers))
                _waiting[key] = answers = _queries.AddAsync(key);
        }
        return (await answers.WaitAsync(cancellationToken))[key];
    }

    async Task<Dictionary<TKey, TValue>> QueryAsync(IReadOnlyList<TKey> keys)
    {
        lock (_gate)
        {
            foreach (var key in keys)
                _waiting.Remove(key);
        }
        var started = _time.GetTimestamp();
        try
        {
            var answerOf = await _read(keys);
            return keys.ToDictionary(key => key, answerOf);
        }
        finally
        {
            _answeredAt = _time.GetTimestamp();
            var took = _time.GetElapsedTime(started, _answeredAt);
            _rest = keys.Count == 1 ? TimeSpan.Zero : took < LongestRest ? took : LongestRest;
        }
    }

    Task RestAsync() =>
        _rest - _time.GetElapsedTime(_answeredAt) is var left && left > TimeSpan.Zero ? Task.Delay(left, _time) : Task.CompletedTask;
}
