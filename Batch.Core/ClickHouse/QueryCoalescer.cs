using Batch.Primitives;

namespace Batch.Core.ClickHouse;

/// <summary>Group commit for reading: who asks while queries are under way shares the next, and who asks the same thing shares its answer.</summary>
/// <remarks>
/// A thousand clients that watch their jobs, or workers with a thousand small chunks, ask ClickHouse one thing at a time, and leave it as
/// long in peace as it took to answer; who asks alone never waits. An answer is never older than its question: a query is sent after
/// everybody who shares it has asked.
/// </remarks>
internal sealed class QueryCoalescer<TKey, TValue> where TKey : notnull
{
    /// <summary>Keys are sent in the address of a request, which ClickHouse takes up to 1 MiB of.</summary>
    public const int MaxKeys = 500;

    /// <summary>However slow ClickHouse is, who asks next must not wait for long.</summary>
    static readonly TimeSpan LongestRest = TimeSpan.FromMilliseconds(100);

    readonly Func<IReadOnlyCollection<TKey>, Task<Func<TKey, TValue>>> _read;
    readonly TimeProvider _time;
    readonly Lock _gate = new();
    readonly Dictionary<TKey, Task<Dictionary<TKey, TValue>>> _waiting = [];
    readonly GroupCommit<TKey, Dictionary<TKey, TValue>> _queries;
    TimeSpan _rest;
    long _answeredAt;

    /// <param name="read">Reads these keys, at most <see cref="MaxKeys"/>; the answers may be looked up for each of them.</param>
    public QueryCoalescer(Func<IReadOnlyCollection<TKey>, Task<Func<TKey, TValue>>> read, TimeProvider? time = null)
    {
        (_read, _time) = (read, time ?? TimeProvider.System);
        _queries = new(QueryAsync, MaxKeys, pace: RestAsync);
    }

    /// <exception cref="ClickHouseException">The query failed; it has for all who shared it.</exception>
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
