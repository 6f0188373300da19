using System.Collections.Concurrent;
using System.Text;
using Batch.Core.Log;

namespace Batch.Tests.Log;

/// <summary>A log to be tested. A fresh topic and group for each test; every wait bounded.</summary>
public abstract class LogTest : IAsyncLifetime
{
    static int _names;
    readonly string _run = Guid.NewGuid().ToString("N")[..8];
    readonly ConcurrentBag<string> _topics = [];

    /// <summary>Opens the log; its former instance has been closed.</summary>
    protected abstract Task<ILog> OpenAsync();

    /// <summary>How long a test waits for what must happen: a group of a broker takes seconds to agree.</summary>
    protected virtual TimeSpan TestTimeout => TimeSpan.FromSeconds(20);

    /// <summary>How long a test watches for what must not happen.</summary>
    protected virtual TimeSpan Silence => TimeSpan.FromMilliseconds(300);

    /// <summary>For a broker whose topics a client cannot make.</summary>
    protected virtual Task PrepareTopicAsync(string topic, int partitions) => Task.CompletedTask;

    /// <summary>Size of the record in the test of large ones.</summary>
    protected virtual int LargeBytes => 4 << 20;

    protected ILog Log { get; private set; } = null!;

    /// <summary>Topics that the test has made, for those whose broker outlives it.</summary>
    protected IReadOnlyCollection<string> MadeTopics => _topics;

    public virtual async Task InitializeAsync() => Log = await OpenAsync();

    public virtual async Task DisposeAsync()
    {
        if (Log is not null)
            await Log.DisposeAsync().AsTask().WaitAsync(TestTimeout);
    }

    protected async Task ReopenAsync()
    {
        await Log.DisposeAsync().AsTask().WaitAsync(TestTimeout);
        Log = await OpenAsync();
    }

    protected string NewName(string kind) => $"{kind}-{_run}-{Interlocked.Increment(ref _names)}";

    protected async Task<string> NewTopicAsync(int partitions = 1)
    {
        var topic = NewName("topic");
        _topics.Add(topic);
        await PrepareTopicAsync(topic, partitions);
        await Log.EnsureTopicAsync(topic, partitions, CancellationToken.None).WaitAsync(TestTimeout);
        return topic;
    }

    protected async Task<LogPosition> AppendAsync(string topic, int partition, string value) =>
        await Log.AppendAsync(topic, partition, [], Encoding.UTF8.GetBytes(value), CancellationToken.None).WaitAsync(TestTimeout);

    protected async Task AppendAsync(string topic, int partition, int from, int count)
    {
        for (var i = from; i < from + count; i++)
            await AppendAsync(topic, partition, $"{i}");
    }

    protected async Task<LogRecord> ReadAsync(ILogConsumer consumer)
    {
        using var timeout = new CancellationTokenSource(TestTimeout);
        return await consumer.ReadAsync(timeout.Token);
    }

    protected async Task<string> ReadTextAsync(ILogConsumer consumer)
    {
        using var record = await ReadAsync(consumer);
        return Text(record);
    }

    protected async Task<List<string>> ReadTextsAsync(ILogConsumer consumer, int count)
    {
        var texts = new List<string>();
        while (texts.Count < count)
            texts.Add(await ReadTextAsync(consumer));
        return texts;
    }

    protected async Task AssertSilentAsync(ILogConsumer consumer)
    {
        using var silence = new CancellationTokenSource(Silence);
        try
        {
            using var record = await consumer.ReadAsync(silence.Token);
            Assert.Fail($"A record that should not have come: {record.Position} {Text(record)}");
        }
        catch (OperationCanceledException)
        {
        }
    }

    /// <summary>Reads on, as a member must that is to learn of its losses; a group may also hand it the same records again.</summary>
    protected async Task ReadPastAsync(ILogConsumer consumer)
    {
        using var silence = new CancellationTokenSource(Silence);
        try
        {
            while (true)
                (await consumer.ReadAsync(silence.Token)).Dispose();
        }
        catch (OperationCanceledException)
        {
        }
    }

    protected static string Text(LogRecord record) => Encoding.UTF8.GetString(record.Value.Span);

    protected static string[] Numbers(int from, int count) => [.. Enumerable.Range(from, count).Select(i => $"{i}")];

    protected Task EventuallyAsync(Func<bool> condition) => EventuallyAsync(() => Task.FromResult(condition()));

    protected async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        var until = DateTime.UtcNow + TestTimeout;
        while (!await condition())
        {
            Assert.True(DateTime.UtcNow < until, "It did not happen in time.");
            await Task.Delay(20);
        }
    }
}
