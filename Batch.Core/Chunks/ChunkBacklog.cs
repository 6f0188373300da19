using System.Diagnostics.Metrics;
using System.Globalization;
using Batch.Core.Log;

namespace Batch.Core.Chunks;

/// <summary>How long chunks have waited for a worker: measured by the API, because there may be no worker.</summary>
public sealed class ChunkBacklog : IDisposable
{
    readonly ILog _log;
    readonly ChunkTopics _topics;
    readonly ChunkTopicOptions _options;
    readonly TimeProvider _time;
    readonly IDisposable _metric;
    // Of each topic that was asked about last; MaxValue: nothing waits.
    volatile IReadOnlyList<(string Group, string Topic, DateTimeOffset Oldest)> _last = [];

    public ChunkBacklog(ILog log, ChunkTopics topics, ChunkTopicOptions options, TimeProvider time)
    {
        (_log, _topics, _options, _time) = (log, topics, options, time);
        _metric = LogMetrics.ObserveAge(Measure);
    }

    /// <exception cref="ChunksWaitException">A chunk waits for longer than it should; the message says for how long, and whether there are workers.</exception>
    /// <exception cref="LogUnavailableException">The log did not say.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        var looks = new List<(string Group, string Topic, DateTimeOffset Oldest)>();
        string? late = null;
        try
        {
            await _topics.EnsureAsync(cancellationToken);
            foreach (var (group, topic) in ((string, string)[])[(_topics.BulkGroup, _topics.Bulk), (_topics.ExpressGroup, _topics.Express)])
            {
                var lags = await _log.LagAsync(group, topic, cancellationToken);
                var oldest = await _log.OldestAsync(lags, cancellationToken);
                looks.Add((group, topic, oldest ?? DateTimeOffset.MaxValue));
                if (AgeOf(oldest ?? DateTimeOffset.MaxValue) is var age && age > _options.LongestWait)
                    late ??= await DescribeAsync(group, topic, lags.Sum(lag => lag.Behind), age, cancellationToken);
            }
        }
        finally
        {
            // What is not known has no series.
            _last = looks;
        }
        if (late is not null)
            throw new ChunksWaitException(late);
    }

    async Task<string> DescribeAsync(string group, string topic, long records, TimeSpan age, CancellationToken cancellationToken)
    {
        var readers = await _log.MembersAsync(group, cancellationToken) switch
        {
            null => "",
            0 => $" No worker has joined the group {group}: start one.",
            1 => $" One worker has joined the group {group}: see its /health.",
            { } members => $" {members} workers have joined the group {group}: see their /health, or start more.",
        };
        var whole = TimeSpan.FromSeconds(Math.Round(age.TotalSeconds));
        return string.Create(CultureInfo.InvariantCulture,
            $"{records:N0} {(records == 1 ? "record waits" : "records wait")} in {topic}, the oldest for {whole:c}.{readers}");
    }

    TimeSpan AgeOf(DateTimeOffset oldest) => _time.GetUtcNow() is var now && now > oldest ? now - oldest : TimeSpan.Zero;

    IEnumerable<Measurement<double>> Measure() => _last.Select(look => LogMetrics.MeasureAge(AgeOf(look.Oldest), look.Group, look.Topic));

    public void Dispose() => _metric.Dispose();
}

/// <summary>Chunks wait in the log, and none of the workers takes them in time.</summary>
public sealed class ChunksWaitException(string message) : Exception(message);
